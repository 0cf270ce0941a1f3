package media_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"threadhub/connectors"
	"threadhub/internal/blob"
	"threadhub/internal/blob/blobtest"
	"threadhub/internal/channels"
	"threadhub/internal/egress"
	"threadhub/internal/media"
	"threadhub/normalize"
	"threadhub/threads"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// gallery is an invented platform that answers a file's id with its address,
// and the address with the file, both for those who have the key.
type gallery struct {
	connectors.Connector
	base string
	kept time.Duration
}

func (g gallery) MediaKept() time.Duration { return g.kept }

func (g gallery) Media(att *normalize.Attachment, done []connectors.Response) (*connectors.Call, error) {
	key := http.Header{"X-Key": {"gallery-key"}}
	switch {
	case att.Ref == "panic":
		panic("a connector's fault")
	case att.Ref == "" || len(done) == 2:
		return nil, nil
	case len(done) == 0:
		return &connectors.Call{Name: "where", Method: http.MethodGet, URL: g.base + "/where/" + att.Ref, Header: key}, nil
	case !strings.HasPrefix(string(done[0].Body), "/"):
		return nil, errors.New("gallery: the answer holds no address")
	}
	return &connectors.Call{Name: "download", Method: http.MethodGet, URL: g.base + string(done[0].Body), Header: key}, nil
}

func (g gallery) Classify(_ *connectors.Call, resp *connectors.Response) connectors.Outcome {
	switch {
	case resp.Status == http.StatusOK:
		return connectors.Outcome{Verdict: connectors.Done}
	case resp.Status == http.StatusNotFound:
		return connectors.Outcome{Verdict: connectors.Refuse, Failure: &normalize.Failure{Message: "expired"}}
	}
	return connectors.Outcome{Verdict: connectors.Retry, Failure: &normalize.Failure{Message: "not now"}}
}

// museum is the platform's side, over HTTP.
type museum struct {
	*httptest.Server
	mu    sync.Mutex
	files map[string]string
	away  atomic.Bool
	gets  atomic.Int64 // of files
}

func newMuseum(t *testing.T) *museum {
	m := &museum{files: map[string]string{}}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ref, isWhere := strings.CutPrefix(r.URL.Path, "/where/")
		m.mu.Lock()
		body, ok := m.files[strings.TrimPrefix(ref, "/file/")]
		m.mu.Unlock()
		switch {
		case r.Header.Get("X-Key") != "gallery-key":
			w.WriteHeader(http.StatusUnauthorized)
		case m.away.Load():
			w.WriteHeader(http.StatusServiceUnavailable)
		case !ok:
			w.WriteHeader(http.StatusNotFound)
		case isWhere:
			_, _ = io.WriteString(w, "/file/"+ref)
		default:
			m.gets.Add(1)
			_, _ = io.WriteString(w, body)
		}
	}))
	t.Cleanup(m.Close)
	return m
}

func (m *museum) put(ref, body string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.files[ref] = body
}

// rooms opens the one channel there is.
type rooms struct{ opened *channels.Opened }

func (r rooms) Open(_ context.Context, id threads.ChannelID) (*channels.Opened, error) {
	if id != "ch_1" {
		return nil, fmt.Errorf("channel %s: %w", id, threads.ErrNotFound)
	}
	return r.opened, nil
}

func newLibrary(t *testing.T, m *museum, kept time.Duration, change ...func(*media.Options)) *media.Library {
	client, err := egress.New(egress.Options{AllowPrivate: true})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	opened := &channels.Opened{Connector: gallery{base: m.URL, kept: kept}, Target: egress.Target{Kind: "gallery", Channel: "ch_1"}}
	dir := t.TempDir()
	files, err := blob.OpenDir(dir)
	require.NoError(t, err)
	o := media.Options{
		Store: files, Scratch: dir, Space: 1 << 20, MaxFile: 100 << 10, PublicURL: "https://hub.example", Channels: rooms{opened},
		Carrier: client, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
	}
	for _, c := range change {
		c(&o)
	}
	return media.Open(o)
}

// place is where a library keeps its files.
type place func(t *testing.T) func(*media.Options)

// onBoth runs a test on a directory and on a bucket.
func onBoth(t *testing.T, test func(t *testing.T, at place)) {
	t.Run("in a directory", func(t *testing.T) {
		test(t, func(*testing.T) func(*media.Options) { return func(*media.Options) {} })
	})
	t.Run("in a bucket", func(t *testing.T) {
		test(t, func(t *testing.T) func(*media.Options) {
			b := blobtest.NewBucket(t).Open(t)
			return func(o *media.Options) { o.Store, o.Far = b, true }
		})
	})
}

func message(id, ref string) *threads.Message {
	return &threads.Message{ID: threads.MessageID("msg_" + id), ChannelID: "ch_1", Direction: threads.Inbound, Content: normalize.Message{
		Type: normalize.TypeImage, Attachments: []normalize.Attachment{{Type: normalize.TypeImage, Ref: ref, Name: "x.png"}},
	}}
}

func read(t *testing.T, l *media.Library, m *threads.Message) string {
	t.Helper()
	item, err := l.Attachment(t.Context(), m, 0)
	require.NoError(t, err)
	defer func() { _ = item.File.Close() }()
	body, err := io.ReadAll(item.File)
	require.NoError(t, err)
	require.EqualValues(t, len(body), item.Size)
	return string(body)
}

func TestAFileIsFetchedInStepsAndKept(t *testing.T) {
	onBoth(t, func(t *testing.T, at place) {
		m := newMuseum(t)
		l := newLibrary(t, m, 0, at(t))
		m.put("r1", "hello")
		msg := message("1", "r1")
		require.Equal(t, media.Remote, l.State(msg, 0))
		require.Equal(t, "hello", read(t, l, msg))
		require.Equal(t, media.Available, l.State(msg, 0))
		m.away.Store(true)
		require.Equal(t, "hello", read(t, l, msg), "it is here now")
		require.EqualValues(t, 1, m.gets.Load())
	})
}

func TestManyWhoWantAFileFetchItOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, at place) {
		m := newMuseum(t)
		l := newLibrary(t, m, 0, at(t))
		m.put("r1", strings.Repeat("x", 50<<10))
		errs := make(chan error, 30)
		for range cap(errs) {
			go func() {
				item, err := l.Attachment(context.Background(), message("1", "r1"), 0)
				if err == nil {
					err = item.File.Close()
				}
				errs <- err
			}()
		}
		for range cap(errs) {
			require.NoError(t, <-errs)
		}
		require.EqualValues(t, 1, m.gets.Load())
	})
}

func TestAFileThatCannotBeHadIsNotAskedForAgainAndAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, at place) {
		m := newMuseum(t)
		l := newLibrary(t, m, 0, at(t))
		m.put("large", strings.Repeat("x", 100<<10+1))
		tests := map[string]struct {
			msg            *threads.Message
			gone, tooLarge bool
		}{
			"dropped by the platform":       {message("1", "nothing"), true, false},
			"too large":                     {message("2", "large"), false, true},
			"of a channel that was deleted": {&threads.Message{ID: "msg_3", ChannelID: "ch_2", Content: message("3", "r").Content}, true, false},
			"without any address":           {message("4", ""), true, false},
			"that a connector chokes on":    {message("5", "panic"), false, false},
		}
		for name, tt := range tests {
			t.Run(name, func(t *testing.T) {
				for range 2 {
					_, err := l.Attachment(t.Context(), tt.msg, 0)
					var e *media.Error
					require.ErrorAs(t, err, &e)
					require.Equal(t, tt.gone, e.Gone, e.Why)
					require.Equal(t, tt.tooLarge, e.TooLarge)
					require.NotEmpty(t, e.Why)
					if !tt.gone && !tt.tooLarge {
						require.Positive(t, e.After)
					}
				}
			})
		}
		require.Zero(t, m.gets.Load()-1, "the large one was begun once")
	})
}

func TestAPlatformThatIsAwayIsAskedAgainLater(t *testing.T) {
	m := newMuseum(t)
	l := newLibrary(t, m, 0)
	m.put("r1", "hello")
	m.away.Store(true)
	_, err := l.Attachment(t.Context(), message("1", "r1"), 0)
	var e *media.Error
	require.ErrorAs(t, err, &e)
	require.False(t, e.Gone)
	require.Equal(t, media.Remote, l.State(message("1", "r1"), 0))
	m.away.Store(false)
	require.Equal(t, "hello", read(t, l, message("1", "r1")))
}

func TestTheOldestCopiesMakeRoomAndAreFetchedAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, at place) {
		m := newMuseum(t)
		l := newLibrary(t, m, 0, at(t))
		for i := range 15 {
			ref := fmt.Sprint("r", i)
			m.put(ref, strings.Repeat(string(rune('a'+i)), 90<<10))
			require.Len(t, read(t, l, message(ref, ref)), 90<<10)
		}
		require.Equal(t, media.Remote, l.State(message("r0", "r0"), 0), "it was used longest ago")
		require.Equal(t, media.Available, l.State(message("r14", "r14"), 0))
		before := m.gets.Load()
		require.Equal(t, strings.Repeat("a", 90<<10), read(t, l, message("r0", "r0")))
		require.Equal(t, before+1, m.gets.Load())
	})
}

func TestAttachmentIDsReadBack(t *testing.T) {
	id, i, ok := media.ParseAttachmentID(media.AttachmentID("msg_0198", 7))
	require.True(t, ok)
	require.Equal(t, threads.MessageID("msg_0198"), id)
	require.Equal(t, 7, i)
	for _, bad := range []string{"", "att_", "att_x", "att__0", "att_x_01", "att_x_-1", "att_x_1e3", "msg_x_1", "att_x_99999999999999999999"} {
		_, _, ok := media.ParseAttachmentID(bad)
		require.False(t, ok, bad)
	}
}

func TestWhatThePlatformDropsSoonIsFetchedAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, at place) {
		tests := map[string]struct {
			policy  media.Policy
			kept    time.Duration
			fetched bool
		}{
			"perishable":              {media.Perishable, 72 * time.Hour, true},
			"kept by the platform":    {media.Perishable, 0, false},
			"everything":              {media.Everything, 0, true},
			"nothing, though it goes": {media.Nothing, time.Hour, false},
		}
		for name, tt := range tests {
			t.Run(name, func(t *testing.T) {
				m := newMuseum(t)
				l := newLibrary(t, m, tt.kept, at(t))
				m.put("r1", "hello")
				e := media.NewEager(l, tt.policy)
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan struct{})
				go func() { e.Run(ctx); close(done) }()
				sent := message("2", "r1")
				sent.Direction = threads.Outbound
				e.Take(sent)
				e.Take(message("1", "r1"))
				if tt.fetched {
					require.Eventually(t, func() bool { return l.State(message("1", "r1"), 0) == media.Available }, time.Minute, time.Millisecond)
				}
				cancel()
				<-done
				if !tt.fetched {
					require.Zero(t, m.gets.Load())
				}
				require.Equal(t, media.Remote, l.State(sent, 0))
			})
		}
	})
}

func TestTooManyFilesMakeNobodyWait(t *testing.T) {
	e := media.NewEager(newLibrary(t, newMuseum(t), time.Hour), media.Everything)
	for i := range 10100 {
		e.Take(message(fmt.Sprint(i), "r1")) // nobody fetches: this must not block
	}
}

func TestAnUploadIsTheHubsOwn(t *testing.T) {
	onBoth(t, func(t *testing.T, at place) {
		now := time.Now()
		l := newLibrary(t, newMuseum(t), 0, at(t), func(o *media.Options) { o.Now = func() time.Time { return now } })
		u, err := l.Save(t.Context(), "C:\\files\\pl\x00an.PDF", strings.NewReader("%PDF-1.7 and so on"))
		require.NoError(t, err)
		require.Equal(t, "plan.PDF", u.Name)
		require.Equal(t, "application/pdf", u.MIME)
		address := l.Address(u)
		require.True(t, strings.HasSuffix(address, ".pdf"), address)
		body, ok, err := l.Own(t.Context(), address)
		require.NoError(t, err)
		require.True(t, ok)
		got, err := io.ReadAll(body)
		require.NoError(t, err)
		require.NoError(t, body.Close())
		require.Equal(t, "%PDF-1.7 and so on", string(got))

		_, ok, _ = l.Own(t.Context(), "https://elsewhere.example/files/x")
		require.False(t, ok)
		_, ok, err = l.Own(t.Context(), "https://hub.example/files/"+u.ID+".00000000000000000000000000000000.pdf")
		require.True(t, ok)
		require.ErrorIs(t, err, media.ErrNoUpload)
		now = now.Add(media.UploadKept)
		_, _, err = l.Own(t.Context(), address)
		require.ErrorIs(t, err, media.ErrNoUpload)
		_, err = l.Upload(t.Context(), u.ID)
		require.ErrorIs(t, err, media.ErrNoUpload)
	})
}
