package simulate

import "sync"

// counter hands out numbers. It is safe for concurrent use.
type counter struct {
	seed uint64

	counting sync.Mutex
	last     map[string]int64 // by what it counts
}

// next counts up from a number that the seed decides.
func (c *counter) next(what string) int64 { return c.count(what, int64(c.seed%(1<<50))) }

// count counts up from a number.
func (c *counter) count(what string, from int64) int64 {
	c.counting.Lock()
	defer c.counting.Unlock()
	if c.last[what] == 0 {
		c.last[what] = from
	}
	c.last[what]++
	return c.last[what]
}
