package journal_test

import (
	"context"
	"fmt"

	"baton/aio"
	"baton/journal"
	"baton/market"
	"baton/tape"
)

func Example() {
	disk := tape.Mem() // tape.Dir("state/journal") on a real disk
	_, err := aio.Run(context.Background(), aio.Config{Source: aio.Virtual(0)}, func(co *aio.Co) (struct{}, error) {
		j, err := journal.Open(disk, lookup)
		if err != nil {
			return struct{}{}, err
		}
		j.Append(&market.Record{Kind: market.RecordIntent, Time: co.Now(), Command: market.Command{Op: market.OpPlace, ID: 41, Instrument: btc}})
		if err := j.Sync(co); err != nil { // now the order may leave
			return struct{}{}, err
		}
		return struct{}{}, j.Close()
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	j, err := journal.Open(disk.Crash(0), lookup) // after a crash
	if err != nil {
		fmt.Println(err)
		return
	}
	s := j.State()
	fmt.Println("next order", s.Next, "- ask the venue about", s.Unresolved[0].Command.Op, s.Unresolved[0].Command.ID)
	// Output:
	// next order 42 - ask the venue about place 41
}
