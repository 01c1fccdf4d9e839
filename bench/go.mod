module baton/bench

go 1.26

require (
	baton v0.0.0
	github.com/adshao/go-binance/v2 v2.8.7
	github.com/bitly/go-simplejson v0.5.0
	github.com/gorilla/websocket v1.5.3
)

require (
	github.com/google/uuid v1.6.0 // indirect
	github.com/jpillora/backoff v1.0.0 // indirect
	github.com/klauspost/compress v1.20.4 // indirect
	github.com/kr/text v0.2.0 // indirect
	github.com/shopspring/decimal v1.4.0 // indirect
	go.yaml.in/yaml/v3 v3.0.4 // indirect
)

replace baton => ..
