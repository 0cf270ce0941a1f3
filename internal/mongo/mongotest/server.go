// Package mongotest gives tests a server to keep a store on: the one that
// THREADHUB_TEST_MONGODB_URI names, or one in memory (package memory), which
// like a real one changes single documents atomically and nothing more.
//
// Somebody else's opinion of what the commands mean is there too: FerretDB on
// SQLite, from testdata/ferretdb ([Double]). It answers right, one command at a
// time, but its commands are not atomic.
package mongotest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"threadhub/internal/ident"
	"threadhub/internal/mongo"
	"threadhub/internal/mongo/mongotest/memory"
)

// URIVariable names the environment variable with the address of a real
// server. Its database part is not used.
const URIVariable = "THREADHUB_TEST_MONGODB_URI"

// Server is a MongoDB-compatible server for the length of a test.
type Server struct {
	// Slow tells FerretDB, whose commands are not atomic, from the others.
	Slow bool
	base string // the address up to the database
	tail string // the address from the parameters on
}

// Start answers the server to test against and says in the log which it is. It
// ends with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	s, stop, err := Run(func(line string) { t.Log(line) })
	require.NoError(t, err)
	t.Cleanup(stop)
	return s
}

// Run is Start for who is no test: the server in memory ends with stop.
func Run(log func(line string)) (s *Server, stop func(), err error) {
	if uri := os.Getenv(URIVariable); uri != "" {
		log("using the server of " + URIVariable)
		return serverAt(uri), func() {}, nil
	}
	m, err := memory.Start()
	if err != nil {
		return nil, nil, err
	}
	return serverAt(m.URI()), m.Close, nil
}

// Double starts FerretDB, which is built on first use; that takes minutes with
// cold caches. It ends with the test.
func Double(t testing.TB) *Server {
	t.Helper()
	path, err := program(func(line string) { t.Log(line) })
	require.NoError(t, err)
	uri, stop, err := startDouble(path, t.TempDir())
	require.NoError(t, err)
	t.Cleanup(stop)
	s := serverAt(uri + "?retryWrites=false")
	s.Slow = true
	return s
}

func serverAt(uri string) *Server {
	s := &Server{}
	s.base, s.tail = split(uri)
	return s
}

// split cuts an address around the name of its database. A user is looked up
// in that database unless the address says otherwise: that must stay so.
func split(uri string) (base, tail string) {
	uri, query, _ := strings.Cut(uri, "?")
	scheme, rest, _ := strings.Cut(uri, "://")
	hosts, name, _ := strings.Cut(rest, "/")
	if name != "" && strings.Contains(hosts, "@") && !strings.Contains(query, "authSource=") {
		query = strings.TrimSuffix("authSource="+name+"&"+query, "&")
	}
	if query != "" {
		query = "?" + query
	}
	return scheme + "://" + hosts + "/", query
}

// Database is the address of a database that nobody else uses. It is dropped
// when the test ends.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	uri, drop := s.Fresh()
	t.Cleanup(func() { require.NoError(t, drop()) })
	return uri
}

// Fresh is the address of a database that nobody else uses, and what drops it.
func (s *Server) Fresh() (uri string, drop func() error) {
	name := "test_" + strings.ReplaceAll(ident.New("th"), "-", "_")
	uri = s.base + name + s.tail
	return uri, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		c, err := driver.Connect(options.Client().ApplyURI(uri))
		if err != nil {
			return err
		}
		return errors.Join(c.Database(name).Drop(ctx), c.Disconnect(ctx))
	}
}

// Open opens a store on a fresh database. It is closed when the test ends.
func (s *Server) Open(t testing.TB) *mongo.Store {
	t.Helper()
	return s.OpenAt(t, s.Database(t), mongo.Options{})
}

// OpenAt opens a store on the database of the address. It is closed when the
// test ends. On FerretDB it tidies after itself only when asked, unless the
// options say otherwise: what goes on in the background there could undo what
// the test does meanwhile.
func (s *Server) OpenAt(t testing.TB, uri string, o mongo.Options) *mongo.Store {
	t.Helper()
	if s.Slow && o.TidyEvery == 0 {
		o.TidyEvery = time.Hour
	}
	store, err := mongo.Open(t.Context(), uri, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

// startDouble runs the double in dir until stop and answers its address.
func startDouble(program, dir string) (uri string, stop func(), err error) {
	cmd := exec.Command(program)
	cmd.Dir = dir
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = in.Close() // the end of its input is what it waits for
		_ = cmd.Wait()
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("FerretDB did not start: %w", err)
	}
	return strings.TrimSpace(line), stop, nil
}
