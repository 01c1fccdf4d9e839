// Package torture runs the whole trader through seeded disasters and checks what it promises.
//
// A run is one seed: strategies in three symbols, the kernel, its journal on a disk in memory, the client, a network in memory, the
// exchange's server and the exchange with a synthetic market, all on one virtual clock. While the storm lasts, faults of the
// catalogue ([Catalogue]) go on and off; the process dies at any operation of its disk and starts again from what is left. Then
// comes calm, and everything has to settle.
//
//	r := torture.Run(torture.Config{Seed: 7})
//	if r.Failed() { fmt.Println(r.Violations) }
//	incidents := torture.Shrink(cfg, r) // the few faults that it takes
//
// What is promised is checked at each message by an observer that reads the exchange's own state, the frames as they are written
// and the records as they are appended, and computes with nothing of the trader's: see [Promises], which also says which promises
// are checked elsewhere. A run owns everything it makes. The same seed and incidents give the same digest, in any process.
package torture
