package httpapi

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"

	"threadhub/internal/auth"
)

const (
	// limitedCallers bounds how many callers are kept in mind. Who was
	// forgotten begins anew.
	limitedCallers = 10_000
	// burstSeconds is how much of its rate a caller may use up at once.
	burstSeconds = 2
	// Wrong tokens that are borne from one address at once, and each second
	// after. Nobody guesses 256 bits: this is against the noise.
	strangerBurst  = 300
	strangerPerSec = 5
)

// gate keeps callers to a rate, each on its own. It is safe for concurrent use.
type gate struct {
	limit   rate.Limit
	burst   int
	callers *lru.Cache[string, *rate.Limiter]
}

// newGate makes a gate; nil for a rate of 0, which lets everybody pass.
func newGate(perSecond float64, burst int) *gate {
	if perSecond <= 0 {
		return nil
	}
	cache, err := lru.New[string, *rate.Limiter](limitedCallers)
	if err != nil { // only for a size below 1
		panic(err)
	}
	return &gate{limit: rate.Limit(perSecond), burst: max(1, burst), callers: cache}
}

// pass answers how long the caller has to wait, 0 when it may go on.
func (g *gate) pass(caller string, now time.Time) time.Duration {
	if g == nil {
		return 0
	}
	limiter, known := g.callers.Get(caller)
	if !known {
		limiter = rate.NewLimiter(g.limit, g.burst)
		if before, was, _ := g.callers.PeekOrAdd(caller, limiter); was {
			limiter = before
		}
	}
	turn := limiter.ReserveN(now, 1)
	wait := turn.DelayFrom(now)
	if wait > 0 {
		turn.CancelAt(now)
	}
	return wait
}

// crowded refuses a caller who makes more calls than the configuration allows.
// The bootstrap token is the operator's own and goes free.
func (s *server) crowded(c *gin.Context, p auth.Principal) bool {
	if p.TokenID == auth.BootstrapID {
		return false
	}
	wait := s.calls.pass(p.TokenID, s.Now())
	if wait > 0 {
		s.slowDown(c, wait, "this token or session makes more calls than the hub takes of one (THREADHUB_API_RATE): wait, then go on more slowly")
	}
	return wait > 0
}

// stranger refuses who has no valid token: at first with what is missing, then,
// when there is no end to it, with a time to wait.
func (s *server) stranger(c *gin.Context) {
	if wait := s.strangers.pass(c.ClientIP(), s.Now()); wait > 0 {
		s.slowDown(c, wait, "too many calls from this address had no valid token: wait, then send one")
		return
	}
	s.unauthenticated(c)
}

func (s *server) slowDown(c *gin.Context, wait time.Duration, detail string) {
	c.Header("Retry-After", retryAfter(wait))
	s.refuse(c, problem(http.StatusTooManyRequests, codeRateLimited, detail))
}
