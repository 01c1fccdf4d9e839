package app

import (
	"bytes"
	"html/template"

	"baton/exchange/server"
)

// startPage is what the exchange shows at its root: what runs, and what to paste where.
func startPage(info *ExchangeInfo) []byte {
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, struct {
		*ExchangeInfo
		Scenarios []server.ChanceInfo
	}{info, server.Scenarios()}); err != nil {
		return []byte(template.HTMLEscapeString(err.Error()))
	}
	return b.Bytes()
}

var pageTemplate = template.Must(template.New("exchange").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Baton exchange</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:52em;margin:2em auto;padding:0 1em;color:#222;background:#fff}
pre{background:#f3f3f3;padding:.8em;overflow:auto;border-radius:4px}td{padding:.1em 1em .1em 0;vertical-align:top}
@media (prefers-color-scheme:dark){body{color:#ddd;background:#181818}pre{background:#252525}}</style>
<h1>Baton exchange</h1>
<p>A Binance USD-M futures exchange on this machine. Its money is play money; any Binance USD-M client can trade here once its base URLs point at it.</p>
<table>
<tr><td>REST<td><code>{{.REST}}</code>
<tr><td>Streams<td><code>{{.Streams}}</code> with <code>/public</code>, <code>/market</code>, <code>/private</code>
<tr><td>WebSocket API<td><code>{{.API}}</code>
<tr><td>API key<td><code>{{.Key}}</code>
<tr><td>Secret<td><code>{{.Secret}}</code>
<tr><td>Market<td>{{.Market}}{{range .Behaves}}<br>{{.}}{{end}}
<tr><td>Symbols<td>{{len .Symbols}}: {{range $i, $s := .Symbols}}{{if lt $i 12}}{{$s}} {{end}}{{end}}{{if gt (len .Symbols) 12}}...{{end}}
<tr><td>Control API<td><code>{{.Control}}</code> (its token was printed where the exchange was started)
{{if .CA}}<tr><td>Certificate<td><code>{{.CA}}</code>: trust it, for Node by <code>NODE_EXTRA_CA_CERTS={{.CA}}</code>{{end}}
</table>
<h2>@binance/derivatives-trading-usds-futures</h2>
<pre>const client = new DerivativesTradingUsdsFutures({
  configurationRestAPI: {apiKey: "{{.Key}}", apiSecret: "{{.Secret}}", basePath: "{{.REST}}"},
  configurationWebsocketStreams: {wsURL: "{{.Streams}}"},
  configurationWebsocketAPI: {apiKey: "{{.Key}}", apiSecret: "{{.Secret}}", wsURL: "{{.API}}"},
});</pre>
<h2>ccxt (binanceusdm)</h2>
<pre>const ex = new ccxt.pro.binanceusdm({apiKey: "{{.Key}}", secret: "{{.Secret}}", options: {fetchCurrencies: false}});
Object.assign(ex.urls.api, {fapiPublic: "{{.REST}}/fapi/v1", fapiPrivate: "{{.REST}}/fapi/v1",
  fapiPublicV2: "{{.REST}}/fapi/v2", fapiPrivateV2: "{{.REST}}/fapi/v2",
  fapiPublicV3: "{{.REST}}/fapi/v3", fapiPrivateV3: "{{.REST}}/fapi/v3", fapiData: "{{.REST}}/futures/data"});
ex.urls.api.ws.future = "{{.Streams}}/ws";
ex.urls.api.ws["ws-api"].future = "{{.API}}";
await ex.loadHttpProxyAgent();</pre>
<h2>binance (tiagosiebler)</h2>
<pre>const rest = new USDMClient({api_key: "{{.Key}}", api_secret: "{{.Secret}}", baseUrl: "{{.REST}}"});
const streams = new WebsocketClient({api_key: "{{.Key}}", api_secret: "{{.Secret}}", wsUrl: "{{.Streams}}", restOptions: {baseUrl: "{{.REST}}"}});
const api = new WebsocketAPIClient({api_key: "{{.Key}}", api_secret: "{{.Secret}}", wsUrl: "{{.Streams}}"});</pre>
<h2>node-binance-api</h2>
<pre>const binance = new Binance({APIKEY: "{{.Key}}", APISECRET: "{{.Secret}}", urls: {fapi: "{{.REST}}/fapi/"}});
binance.getFStreamSingleUrl = () =&gt; "{{.Streams}}/ws/";
binance.getFStreamUrl = () =&gt; "{{.Streams}}/stream?streams=";</pre>
<h2>go-binance</h2>
<p>Version 2.8.7 knows only the un-routed stream URLs: start the exchange with <code>--legacy all</code>.</p>
<pre>client := futures.NewClient("{{.Key}}", "{{.Secret}}")
client.BaseURL = "{{.REST}}"
futures.BaseWsMainUrl, futures.BaseCombinedMainURL = "{{.Streams}}/ws", "{{.Streams}}/stream?streams="
futures.BaseWsApiMainURL = "{{.API}}"</pre>
<h2>Trouble, and how to make it</h2>
<p>Flags when the exchange starts: <code>--plan bursts,momentum=6,cascade=30s,crash=2m</code> (participants of a synthetic market),
<code>--queue risk-averse|power:N|power2:N|power3:N|log|log2|fifo</code> (own orders beside a recorded book),
<code>--latency 3ms+250us</code> or <code>rows:FILE</code>, <code>drawn:FILE</code> of measured orders, <code>--faults FILE</code>.</p>
<p>While it runs, by the control API (<code>curl -H "Authorization: Bearer TOKEN" {{.Control}}/</code> lists accounts, faults, scenarios and what goes on):</p>
<pre>POST /scenario    {"name":"flash-crash","at":"5s","strength":1.5}
POST /faults      {"name":"user-delay","probability":0.1,"wait":"3s"}
POST /filters     {"symbol":"BTCUSDT","tickSize":"1"}
POST /status      {"symbol":"BTCUSDT","status":"BREAK"}
POST /latency     {"out":"3ms+250us","back":"3ms"}
POST /queue       {"model":"log"}
POST /clock       {"pause":true}
POST /accounts    {"name":"me","apiKey":"..","secret":"..","deposit":"10000"}
POST /deposit     POST /coin     POST /hand     POST /maintenance</pre>
<table>{{range .Scenarios}}<tr><td><code>{{.Name}}</code><td>{{.What}}{{end}}</table>
</html>
`))
