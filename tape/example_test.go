package tape_test

import (
	"fmt"

	"baton/tape"
)

func Example() {
	disk := tape.Mem() // tape.Dir("state/journal") on a real disk
	t, err := tape.Open(disk, tape.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range []string{"intent 1", "intent 2", "intent 3"} {
		if _, err := t.Append([]byte(s)); err != nil {
			fmt.Println(err)
			return
		}
		if s == "intent 2" { // durable: 1 and 2
			if err := t.Sync(); err != nil {
				fmt.Println(err)
				return
			}
		}
	}
	for rec, err := range tape.All(disk.Crash(0)) { // the power fails
		fmt.Println(string(rec), err)
	}
	// Output:
	// intent 1 <nil>
	// intent 2 <nil>
}
