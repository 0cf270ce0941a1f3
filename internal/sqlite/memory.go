package sqlite

import (
	"fmt"
	"math/bits"
	"sync"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// Options of sqlite3_config (sqlite.org/c3ref/c_config_covering_index_scan.html).
const (
	configMalloc    = 4
	configPageCache = 7
	configMemStatus = 9
	// smallestBlock and largestBlock are the sizes of which the port's allocator
	// keeps several in a page of its own. The driver takes a block from it for
	// each text of a statement, and a page in which nothing is used is given
	// back to the system at once: one block of each size stays, so that it is not.
	smallestBlock, largestBlock = 16, 16 << 10
)

// tune gives SQLite its memory for the process, once, before the first
// connection is opened: an allocator of ours (see [pool]), page caches that take
// from it page by page, and no statistics, which take a lock around every
// allocation.
var tune = sync.OnceValue(func() error {
	tls := libc.NewTLS()
	for size := libc.Tsize_t(smallestBlock); size <= largestBlock; size *= 2 {
		libc.Xmalloc(tls, size) // is never freed: see smallestBlock
	}
	methods := at[sqlite3.Tsqlite3_mem_methods](libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(sqlite3.Tsqlite3_mem_methods{}))))
	*methods = sqlite3.Tsqlite3_mem_methods{
		FxMalloc:   pointer(poolMalloc),
		FxFree:     pointer(poolFree),
		FxRealloc:  pointer(poolRealloc),
		FxSize:     pointer(poolSize),
		FxRoundup:  pointer(poolRoundup),
		FxInit:     pointer(poolInit),
		FxShutdown: pointer(poolShutdown),
	}
	for _, o := range []struct {
		option int32
		args   []any
	}{
		{configMalloc, []any{uintptr(unsafe.Pointer(methods))}},
		{configMemStatus, []any{int32(0)}},
		{configPageCache, []any{uintptr(0), int32(0), int32(0)}},
	} {
		list := libc.NewVaList(o.args...)
		rc := sqlite3.Xsqlite3_config(tls, o.option, list)
		libc.Xfree(tls, list)
		if rc != sqlite3.SQLITE_OK {
			return fmt.Errorf("sqlite: option %d is refused with code %d", o.option, rc)
		}
	}
	return nil
})

// pointer is the address of a Go function as the port calls it.
func pointer(f any) uintptr {
	type eface [2]uintptr
	return (*eface)(unsafe.Pointer(&f))[1]
}

const (
	blockHeader = 16
	chunkBytes  = 1 << 20
	// Sizes come in steps of an eighth of a power of two, so that little of a
	// block is left over: most memory is pages, which are a little larger than
	// one.
	stepBits = 3
	steps    = 1 << stepBits
	classes  = 1 + 11*steps // up to 256 KiB
	direct   = classes      // larger than any class: straight from the system
)

// pool is the memory of all connections: freed blocks are kept in a list per
// size. The port's own allocator gives a block of 64 KiB back to the system as
// soon as nothing in it is used and asks for it again a moment later, which was
// a tenth of all processor time under load. What SQLite uses is bounded by the
// page caches, so nothing is given back.
type pool struct {
	mu    sync.Mutex
	free  [classes]uintptr
	chunk uintptr
	left  uintptr
}

var memory pool

func classSize(c int) uintptr {
	return uintptr(steps+c%steps) << (c / steps) * 16
}

// classOf is the smallest class that holds n bytes.
func classOf(n uintptr) int {
	units := (n + 15) / 16 // of 16 bytes
	if units <= steps {
		return 0
	}
	shift := bits.Len64(uint64(units-1)) - 1 - stepBits // units-1 in [steps<<shift, 2*steps<<shift)
	return min(shift*steps+int((units-1)>>shift)-steps+1, direct)
}

// at is the memory at an address outside of Go's heap.
func at[T any](p uintptr) *T { return *(**T)(unsafe.Pointer(&p)) }

// header of a block: its class and its usable size.
func header(p uintptr) *[2]uintptr { return at[[2]uintptr](p - blockHeader) }

func (m *pool) malloc(tls *libc.TLS, n uintptr) uintptr {
	c := classOf(n)
	if c == direct {
		p := libc.Xmalloc(tls, libc.Tsize_t(n+blockHeader))
		if p == 0 {
			return 0
		}
		p += blockHeader
		*header(p) = [2]uintptr{direct, n}
		return p
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if p := m.free[c]; p != 0 {
		m.free[c] = *at[uintptr](p)
		return p
	}
	size := classSize(c) + blockHeader
	if m.left < size {
		p := libc.Xmalloc(tls, chunkBytes)
		if p == 0 {
			return 0
		}
		m.chunk, m.left = p, chunkBytes
	}
	p := m.chunk + blockHeader
	m.chunk += size
	m.left -= size
	*header(p) = [2]uintptr{uintptr(c), classSize(c)}
	return p
}

func (m *pool) release(tls *libc.TLS, p uintptr) {
	c := header(p)[0]
	if c == direct {
		libc.Xfree(tls, p-blockHeader)
		return
	}
	m.mu.Lock()
	*at[uintptr](p) = m.free[c]
	m.free[c] = p
	m.mu.Unlock()
}

func poolMalloc(tls *libc.TLS, n int32) uintptr { return memory.malloc(tls, uintptr(n)) }

func poolFree(tls *libc.TLS, p uintptr) {
	if p != 0 {
		memory.release(tls, p)
	}
}

func poolRealloc(tls *libc.TLS, p uintptr, n int32) uintptr {
	have := header(p)[1]
	if uintptr(n) <= have {
		return p
	}
	to := memory.malloc(tls, uintptr(n))
	if to == 0 {
		return 0
	}
	copy(unsafe.Slice(at[byte](to), have), unsafe.Slice(at[byte](p), have))
	memory.release(tls, p)
	return to
}

func poolSize(_ *libc.TLS, p uintptr) int32 {
	if p == 0 {
		return 0
	}
	return int32(header(p)[1])
}

func poolRoundup(_ *libc.TLS, n int32) int32 {
	if c := classOf(uintptr(n)); c != direct {
		return int32(classSize(c))
	}
	return (n + 7) &^ 7
}

func poolInit(*libc.TLS, uintptr) int32 { return sqlite3.SQLITE_OK }

func poolShutdown(*libc.TLS, uintptr) {}
