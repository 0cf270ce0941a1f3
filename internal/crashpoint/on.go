//go:build chaos && unix

package crashpoint

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
)

// order is where to die, and at which coming.
type order struct {
	point Point
	left  atomic.Int64
}

// given is the order of the environment.
var given = sync.OnceValue(func() *order {
	name, count, _ := strings.Cut(os.Getenv(Variable), ":")
	n, err := strconv.ParseInt(count, 10, 64)
	if err != nil {
		n = 1
	}
	o := &order{point: Point(name)}
	o.left.Store(n)
	return o
})

// At says that the program is at the point, and ends it if it was told to die
// there: at once, nothing deferred, nothing flushed.
func At(p Point) {
	if o := given(); o.point != p || o.left.Add(-1) != 0 {
		return
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // until it takes effect, no further
}
