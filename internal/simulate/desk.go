package simulate

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"net/http"
	"strings"
	"sync"
	"time"
)

// desk is what most simulated platforms have in common: the people they know,
// the ids they mint, and the files they hand out at their own address. It is
// safe for concurrent use.
type desk struct {
	name string
	cast []Customer
	counter

	mu     sync.Mutex
	base   string         // where the platform is
	minted map[string]int // ids by who they are for
}

func newDesk(name string, cfg Config) *desk {
	return &desk{name: name, cast: cfg.Cast, counter: counter{seed: cfg.Seed, last: map[string]int64{}}, minted: map[string]int{}}
}

// House keeps where the platform is.
func (d *desk) House(base string, _ func(Sent)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.base = base
}

// mint makes an id out of the seed, an author and how many they had before.
func (d *desk) mint(author string) [sha256.Size]byte {
	d.mu.Lock()
	d.minted[author]++
	n := d.minted[author]
	d.mu.Unlock()
	return sha256.Sum256(fmt.Appendf(nil, "%d/%s/%d", d.seed, author, n))
}

// id is a minted id in hexadecimal digits, at most 64.
func (d *desk) id(author string, digits int) string {
	sum := d.mint(author)
	return hex.EncodeToString(sum[:])[:digits]
}

// snowflake is an id that sorts by its time: milliseconds since an epoch, then
// 22 bits that count.
func (d *desk) snowflake(at time.Time, epoch int64) string {
	return fmt.Sprint((at.UnixMilli()-epoch)<<22 | (d.count("snowflake", 0)+int64(d.seed%1000))&(1<<22-1))
}

// known is the cast's index of whom of names so, -1 for a stranger.
func (d *desk) known(id string, of func(Customer) string) int {
	for _, c := range d.cast {
		if of(c) == id {
			return c.Index
		}
	}
	return -1
}

// filesPath is where a platform keeps what customers sent.
const filesPath = "/files/"

// file is the address of a customer's picture.
func (d *desk) file(key string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.base + filesPath + key + ".png"
}

// kept answers a fetch of a file, where the call is one.
func (d *desk) kept(call Call) (Answer, bool) {
	key, ok := strings.CutPrefix(call.Path, filesPath)
	if !ok || call.Method != http.MethodGet {
		return Answer{}, false
	}
	return photo(strings.TrimSuffix(key, ".png")), true
}

// photo answers the picture that belongs to a key.
func photo(key string) Answer {
	return Answer{Status: http.StatusOK, Type: "image/png", Body: picture(key, 480, 320)}
}

// sent is a message that a call showed to a customer.
func (d *desk) sent(call Call, customer int, to, id, kind, said string, buttons []Button) Sent {
	return Sent{Kind: d.name, Customer: customer, To: to, ID: id, Type: kind, Text: said, Buttons: buttons, At: call.At}
}

// numbered is a number of so many digits that belongs to a text.
func numbered(key string, digits int) string {
	out := make([]byte, 0, digits)
	for block := 0; len(out) < digits; block++ {
		sum := sha256.Sum256(fmt.Appendf(nil, "%s%s", key, strings.Repeat("+", block)))
		for _, b := range sum {
			if len(out) < digits {
				out = append(out, '0'+b%10)
			}
		}
	}
	out[0] = '1'
	return string(out)
}

// mediaID is a number, as Meta's are.
func mediaID(message string) string { return numbered(message, 15) }

// hmacOf signs the parts one behind the other.
func hmacOf(kind func() hash.Hash, key string, parts ...string) []byte {
	mac := hmac.New(kind, []byte(key))
	for _, p := range parts {
		_, _ = mac.Write([]byte(p))
	}
	return mac.Sum(nil)
}

// jsonHeader is that of a webhook whose body is JSON.
func jsonHeader() http.Header { return http.Header{"Content-Type": {"application/json"}} }

// ok answers 200 with JSON.
func ok(v any) Answer { return Answer{Status: http.StatusOK, Body: encode(v)} }

// refused answers a status with JSON.
func refused(status int, v any) Answer { return Answer{Status: status, Body: encode(v)} }

// bearer tells whether a call carries the token.
func bearer(call Call, token string) bool { return call.Header.Get("Authorization") == "Bearer "+token }

// items is a parameter as a JSON list, nil if it is none.
func items(v any) []any {
	l, _ := v.([]any)
	return l
}
