package egress

import (
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
)

func TestAFileIsUploadedOnceWhileThePlatformKeepsIt(t *testing.T) {
	file := "first"
	source := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, file) })
	var taken atomic.Int32
	answer := `{"data":{"id":"file-%d"}}`
	platform := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = fmt.Fprintf(w, answer, taken.Add(1))
	})
	c := client(t, Options{AllowPrivate: true})
	send := func(channel, token string) string {
		call := upload(platform.URL+"/upload", source.URL+"/a.png")
		call.Visible = false
		call.Header.Set("Authorization", token)
		call.Upload.Again = connectors.Reuse{For: time.Hour, Name: "data.id"}
		to := target
		to.Channel = channel
		resp, err := c.Do(t.Context(), to, call)
		require.NoError(t, err)
		return string(resp.Body)
	}
	require.Equal(t, `{"data":{"id":"file-1"}}`, send("ch_1", "Bearer a"))
	require.Equal(t, `{"data":{"id":"file-1"}}`, send("ch_1", "Bearer b"), "whatever the token of the day")
	require.Equal(t, `{"data":{"id":"file-2"}}`, send("ch_2", "Bearer a"), "of another account")
	file = "second"
	require.Equal(t, `{"data":{"id":"file-3"}}`, send("ch_1", "Bearer a"), "under the same address is another file")
	file, answer = "third", `{"error":%d}`
	require.Equal(t, `{"error":4}`, send("ch_1", "Bearer a"))
	require.Equal(t, `{"error":5}`, send("ch_1", "Bearer a"), "a refusal is no name of a file")
}

func TestWhatAPlatformDropsIsNotUsedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReused()
		again := connectors.Reuse{For: time.Hour, Name: "id"}
		r.put(uploadKey{1}, again, &connectors.Response{Status: 200, Body: []byte(`{"id":"f"}`)}, time.Now())
		r.put(uploadKey{2}, again, &connectors.Response{Status: 500, Body: []byte(`{"id":"f"}`)}, time.Now())
		r.put(uploadKey{3}, again, &connectors.Response{Status: 200, Body: []byte(`{"id":""}`)}, time.Now())
		time.Sleep(time.Hour - time.Second)
		_, ok := r.get(uploadKey{1}, time.Now())
		require.True(t, ok)
		_, ok = r.get(uploadKey{2}, time.Now())
		require.False(t, ok)
		_, ok = r.get(uploadKey{3}, time.Now())
		require.False(t, ok)
		time.Sleep(time.Second)
		_, ok = r.get(uploadKey{1}, time.Now())
		require.False(t, ok)
	})
}
