package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkThreading takes b.N webhooks of a thousand customers through the
// whole hub, for profiles: go test -run ^$ -bench Threading -cpuprofile cpu.out.
func BenchmarkThreading(b *testing.B) {
	h := startHub(b, newConfig(b))
	ch := h.telegram("", nil)
	bodies := make([][]byte, b.N)
	for i := range bodies {
		bodies[i], _ = json.Marshal(update(i%1000+1, fmt.Sprint("message ", i)))
	}
	header := http.Header{"X-Telegram-Bot-Api-Secret-Token": {tgSecret}, "Content-Type": {"application/json"}}
	http.DefaultTransport.(*http.Transport).MaxIdleConnsPerHost = 64
	b.ResetTimer()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
				if st := h.hook(ch, bodies[i], header); st != 200 {
					panic(st)
				}
			}
		})
	}
	wg.Wait()
	accepted, cpu := b.Elapsed(), processorTime()
	for {
		n := 0
		for _, c := range h.conversations(ch) {
			n += int(c["message_count"].(float64))
		}
		if n == b.N {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	b.StopTimer()
	require.NotZero(b, accepted)
	b.ReportMetric((processorTime()-cpu).Seconds()/(b.Elapsed()-accepted).Seconds(), "drain-cores")
	b.ReportMetric((processorTime()-cpu).Seconds()*1e6/float64(b.N), "drain-cpu-us")
	b.ReportMetric(float64(b.N)/accepted.Seconds(), "accepted/s")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "threaded/s")
}

func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkSending takes b.N replies to five hundred customers on fifty channels
// from the API to the platform, for profiles.
func BenchmarkSending(b *testing.B) {
	var arrived atomic.Int64
	platform := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"ok":true,"result":{"message_id":%d,"date":1924992000,"chat":{"id":1,"type":"private"}}}`, arrived.Add(1))
	}))
	defer platform.Close()
	h := startHub(b, newConfig(b))
	header := http.Header{"X-Telegram-Bot-Api-Secret-Token": {tgSecret}, "Content-Type": {"application/json"}}
	http.DefaultTransport.(*http.Transport).MaxIdleConnsPerHost = 64
	var all []any
	for c := range 50 {
		ch := h.telegram(platform.URL, nil)
		for i := range 10 {
			body, _ := json.Marshal(update(c*10+i+1, "good morning"))
			require.Equal(b, http.StatusOK, h.hook(ch, body, header))
		}
		h.eventually("the conversations", func() bool { return len(h.conversations(ch)) == 10 })
		for _, conv := range h.conversations(ch) {
			all = append(all, conv["id"])
		}
	}
	cpu := processorTime()
	b.ResetTimer()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
				if st, _ := h.call(http.MethodPost, fmt.Sprintf("/v1/conversations/%s/messages", all[i%500]), object{"text": fmt.Sprint("reply ", i)}, adminToken); st != 202 {
					panic(st)
				}
			}
		})
	}
	wg.Wait()
	posted, early := b.Elapsed(), arrived.Load()
	h.eventually("the replies at the platform", func() bool { return arrived.Load() == int64(b.N) })
	b.StopTimer()
	b.ReportMetric((processorTime()-cpu).Seconds()*1e6/float64(b.N), "cpu-us")
	b.ReportMetric(float64(b.N)/posted.Seconds(), "posted/s")
	b.ReportMetric(float64(early)/float64(b.N), "sent-by-then")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sent/s")
}
