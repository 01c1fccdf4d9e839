package wire

import "baton/decimal"

// AlgoEvent is an ALGO_UPDATE as a client reads it: what became of a conditional order. When its trigger comes an ordinary order
// appears, whose id is Order from then on. Times are milliseconds.
type AlgoEvent struct {
	Event    int64 `json:"E"`
	Transact int64 `json:"T"`
	Algo     struct {
		ClientID  string          `json:"caid"`
		ID        int64           `json:"aid"`
		Kind      string          `json:"at"`
		Type      string          `json:"o"`
		Symbol    string          `json:"s"`
		Side      string          `json:"S"`
		Position  string          `json:"ps"`
		TIF       string          `json:"f"`
		Qty       decimal.Decimal `json:"q"`
		Status    string          `json:"X"` // NEW, TRIGGERING, TRIGGERED, FINISHED, CANCELED, EXPIRED, REJECTED
		Order     int64           `json:"ai"`
		Average   decimal.Decimal `json:"ap"`
		Filled    decimal.Decimal `json:"aq"`
		Trigger   decimal.Decimal `json:"tp"`
		Price     decimal.Decimal `json:"p"`
		Working   string          `json:"wt"`
		CloseAll  bool            `json:"cp"`
		Protect   bool            `json:"pP"`
		Reduce    bool            `json:"R"`
		Triggered int64           `json:"tt"`
		Reason    string          `json:"rm"` // of a REJECTED one
		Active    bool            `json:"ia"` // of a trailing one
	} `json:"o"`
}

// DecodeAlgoEvent reads an ALGO_UPDATE, wrapped or raw.
func DecodeAlgoEvent(b []byte, a *AlgoEvent) error {
	*a = AlgoEvent{}
	if err := UnmarshalEvent(b, a); err != nil {
		return err
	}
	if a.Algo.ID == 0 || a.Algo.Status == "" {
		return &ParseError{"ALGO_UPDATE", len(b), `"aid" or "X" is missing`}
	}
	return nil
}
