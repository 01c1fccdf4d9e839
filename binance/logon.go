package binance

import "baton/binance/wire"

// apiUp: the connection for orders is made.
func (c *Client) apiUp() {
	c.apiSince = 0
	c.logOn()
}

// logOn tells the exchange whose connection this is, where the key is one that it takes for that (Binance USD-M, WebSocket API,
// session.logon: Ed25519 keys alone). A key that does not work is told so before the first order needs it. Every command is signed by
// itself all the same: it is good whether or not the log-on is, on this connection and by REST.
func (c *Client) logOn() {
	if !c.logsOn || c.api.conn == nil {
		return
	}
	c.lastID++ // a command's place in the ring stays as it is: no command has this number
	c.logOnID = c.lastID
	c.budget.Count(c.loop.Now(), wire.CallLogon.Weight(nil))
	_ = c.api.conn.Send(c.signer.AppendCall(nil, c.logOnID, wire.CallLogon, c.stamp())) // one that fails ends the connection
}

// loggedOn takes the answer.
func (c *Client) loggedOn(r *wire.Response) {
	c.logOnID = 0
	if r.Status/100 == 2 {
		c.stats.LogOns++
		return
	}
	if r.Code == wire.CodeBadTimestamp {
		c.askTimeSoon()
	}
	c.note("the exchange refuses to let the key log on: status %d: %d %s: orders would fare no better; check the key with baton doctor", r.Status, r.Code, r.Msg)
}
