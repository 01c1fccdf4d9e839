package journal_test

import (
	"slices"
	"testing"
	"time"

	"baton/aio"
	"baton/journal"
	"baton/market"
	"baton/tape"
)

// plain is the floor: 200 bytes appended to a file and synced.
type plain struct {
	f     tape.File
	bytes [200]byte
}

func newPlain(b *testing.B) *plain {
	fs, err := tape.Dir(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	f, err := fs.Create("plain")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { f.Close() })
	return &plain{f: f}
}

func (p *plain) write(b *testing.B) time.Duration {
	begin := time.Now()
	if _, err := p.f.Write(p.bytes[:]); err != nil {
		b.Fatal(err)
	}
	if err := p.f.Sync(); err != nil {
		b.Fatal(err)
	}
	return time.Since(begin)
}

func onDisk(b *testing.B) *journal.Journal {
	fs, err := tape.Dir(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	j, err := journal.Open(fs, lookup)
	if err != nil {
		b.Fatal(err)
	}
	return j
}

func median(d []time.Duration) float64 {
	slices.Sort(d)
	return float64(d[len(d)/2])
}

// BenchmarkDurableIntent is one intent made durable, interleaved with the floor.
func BenchmarkDurableIntent(b *testing.B) {
	j, floor := onDisk(b), newPlain(b)
	r := intent(1)
	var ours, theirs []time.Duration
	b.ReportAllocs()
	on(b, func(co *aio.Co) error {
		for b.Loop() {
			begin := time.Now()
			j.Append(r)
			if err := j.Sync(co); err != nil {
				return err
			}
			ours = append(ours, time.Since(begin))
			theirs = append(theirs, floor.write(b))
		}
		return nil
	})
	b.ReportMetric(median(ours)/1e3, "us/intent-p50")
	b.ReportMetric(median(theirs)/1e3, "us/floor-p50")
	b.ReportMetric(median(ours)/median(theirs), "x-floor")
	if err := j.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkGroupCommit is 64 tasks that each make one intent after the other durable.
func BenchmarkGroupCommit(b *testing.B) {
	j, floor := onDisk(b), newPlain(b)
	const tasks = 64
	var theirs []time.Duration
	for range 200 {
		theirs = append(theirs, floor.write(b))
	}
	begin, n := time.Now(), 0
	on(b, func(co *aio.Co) error {
		for b.Loop() {
			err := aio.Group(co, func(co *aio.Co) error {
				for i := range tasks {
					aio.Start(co, "writer", func(co *aio.Co) error {
						r := intent(market.OrderID(i))
						for range 50 {
							j.Append(r)
							if err := j.Sync(co); err != nil {
								return err
							}
							n++
						}
						return nil
					})
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	each := float64(time.Since(begin).Nanoseconds()) / float64(n)
	b.ReportMetric(1e9/each, "intents/s")
	b.ReportMetric(each/median(theirs), "x-floor")
	if err := j.Close(); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkAppend(b *testing.B) {
	m := journal.NewMemory(1000)
	r := intent(1)
	b.ReportAllocs()
	for b.Loop() {
		m.Append(r)
	}
}

// What recovery costs a record, with nothing to begin from but the records.
func BenchmarkRecover(b *testing.B) {
	disk := tape.Mem()
	j := open(b, disk)
	records := history(50_000)
	for _, r := range records {
		j.Append(r)
	}
	if err := j.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := journal.Fold(journal.All(disk, lookup)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(records)), "ns/record")
}
