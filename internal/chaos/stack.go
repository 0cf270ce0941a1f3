package chaos

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"threadhub/internal/crashpoint"
	"threadhub/internal/mongo/mongotest"
	"threadhub/internal/queue/queuetest"
)

// Pair is what a hub keeps its data and its queue in.
type Pair string

// The pairs.
const (
	Embedded Pair = "sqlite+miniredis"
	Queued   Pair = "sqlite+redis"
	Shared   Pair = "mongodb+redis"
)

// StackOptions say what to put together.
type StackOptions struct {
	Program string
	Pair    Pair
	// Dir is a folder for everything.
	Dir string
	// Hubs is how many processes there are; 1 if it is 0.
	Hubs int
	Env  []string
	Log  func(format string, args ...any)
}

// Stack is a hub of one or several processes, what it stands on, and who it
// deals with, with a proxy between each.
type Stack struct {
	StackOptions
	Hub        *Hub
	Platform   *Platform
	Subscriber *Subscriber
	// Platforms, Told, Store and Queue are the lines from the hub; the last two
	// are nil where the store or the queue is embedded.
	Platforms map[Kind]*Proxy
	Told      *Proxy
	Store     *Proxy
	Queue     *Proxy
	Redis     *queuetest.Server

	env   []string
	close []func()

	mu        sync.Mutex
	processes []*Process // now, by number; nil for none
	unsound   []error    // what earlier ones showed
}

// NewStack puts everything together but starts no hub yet. It has to be closed,
// also after an error.
func NewStack(o StackOptions) (s *Stack, err error) {
	o.Hubs = max(o.Hubs, 1)
	s = &Stack{StackOptions: o, Hub: NewHub(), Platforms: map[Kind]*Proxy{}, processes: make([]*Process, o.Hubs)}
	s.close = append(s.close, s.Hub.Close)
	for _, step := range []func() error{s.openWorld, s.openStore, s.openQueue} {
		if err := step(); err != nil {
			return s, err
		}
	}
	return s, nil
}

// openWorld starts who the hub deals with.
func (s *Stack) openWorld() (err error) {
	if s.Platform, err = NewPlatform(); err != nil {
		return err
	}
	s.close = append(s.close, s.Platform.Close)
	for _, kind := range Kinds() {
		if s.Platforms[kind], err = s.proxy(NewProxy(s.Platform.Addr(kind))); err != nil {
			return err
		}
	}
	if s.Subscriber, err = NewSubscriber(); err != nil {
		return err
	}
	s.close = append(s.close, s.Subscriber.Close)
	s.Told, err = s.proxy(NewProxy(s.Subscriber.Addr()))
	return err
}

func (s *Stack) proxy(p *Proxy, err error) (*Proxy, error) {
	if err == nil {
		s.close = append(s.close, p.Close)
	}
	return p, err
}

// knownEverywhere is when all processes of a hub know a new subscription at the
// latest (docs/subscriptions.md), and a little more.
const knownEverywhere = 4 * time.Second

// subscribe has the subscriber told of everything from now on.
func (s *Stack) subscribe(ctx context.Context) error {
	if err := s.Subscriber.Subscribe(ctx, s.Hub, "http://"+s.Told.Addr()); err != nil || s.Pair != Shared {
		return err
	}
	select {
	case <-time.After(knownEverywhere):
	case <-ctx.Done():
	}
	return ctx.Err()
}

func (s *Stack) openStore() error {
	data := filepath.Join(s.Dir, "data")
	s.env = Environment(data, s.Env...)
	if s.Pair != Shared {
		return nil
	}
	server, stop, err := mongotest.Run(func(line string) { s.Log("%s", line) })
	if err != nil {
		return err
	}
	s.close = append(s.close, stop)
	uri, drop := server.Fresh()
	s.close = append(s.close, func() {
		if err := drop(); err != nil {
			s.Log("the database is left behind: %s", err)
		}
	})
	scheme, rest, _ := strings.Cut(uri, "://")
	address, path, _ := strings.Cut(rest, "/")
	user, host, named := strings.Cut(address, "@")
	if !named {
		user, host = "", address
	} else {
		user += "@"
	}
	if s.Store, err = s.proxy(NewProxy(host)); err != nil {
		return err
	}
	s.env = append(s.env, "THREADHUB_MONGODB_URI="+scheme+"://"+user+s.Store.Addr()+"/"+path, "THREADHUB_MASTER_KEY="+MasterKey)
	return nil
}

func (s *Stack) openQueue() (err error) {
	if s.Pair == Embedded {
		return nil
	}
	dir := filepath.Join(s.Dir, "redis")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if s.Redis, err = queuetest.Run(dir); err != nil {
		return err
	}
	s.close = append(s.close, s.Redis.Stop)
	if s.Queue, err = s.proxy(NewProxy(s.Redis.Addr())); err != nil {
		return err
	}
	s.env = append(s.env, "THREADHUB_REDIS_URL=redis://"+s.Queue.Addr()+"/0")
	return nil
}

// Launch starts the process of a number, with more environment, and does not
// wait for it.
func (s *Stack) Launch(n int, env ...string) (*Process, error) {
	p, err := Launch(Command{Program: s.Program, Args: []string{"serve"}, Env: append(append([]string{}, s.env...), env...), Dir: s.Dir})
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.processes[n] = p
	return p, nil
}

// Start starts the process of a number and waits until it is ready.
func (s *Stack) Start(ctx context.Context, n int, env ...string) error {
	p, err := s.Launch(n, env...)
	if err != nil {
		return err
	}
	return s.Hub.At(ctx, p)
}

// StartAll starts all processes.
func (s *Stack) StartAll(ctx context.Context) error {
	for n := range s.processes {
		if err := s.Start(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

// Process is the one of a number, nil for none.
func (s *Stack) Process(n int) *Process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.processes[n]
}

// Kill ends the process of a number as a power cut would.
func (s *Stack) Kill(n int) {
	if p := s.Process(n); p != nil {
		p.Kill()
		s.Buried(n)
	}
}

// KillAll ends all of them.
func (s *Stack) KillAll() {
	for n := range s.processes {
		s.Kill(n)
	}
}

// Buried notes that the process of a number has ended.
func (s *Stack) Buried(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.processes[n]
	if p == nil {
		return
	}
	s.Hub.Gone(p)
	s.processes[n] = nil
	if err := p.Sound(); err != nil {
		s.unsound = append(s.unsound, err)
	}
}

// Stop ends all processes cleanly.
func (s *Stack) Stop() error {
	var errs []error
	for n := range s.processes {
		if p := s.Process(n); p != nil {
			errs = append(errs, p.Stop())
			s.Buried(n)
		}
	}
	return errors.Join(errs...)
}

// CrashAt starts the process of a number so that it dies when it comes to a
// point for the nth time, and waits for that. Once it is ready it is given to
// then, which brings it there. It tells whether it came there in time; if not it
// is killed.
func (s *Stack) CrashAt(ctx context.Context, n int, at crashpoint.Point, nth int, within time.Duration, then func(*Process)) (bool, error) {
	p, err := s.Launch(n, fmt.Sprintf("%s=%s:%d", crashpoint.Variable, at, nth))
	if err != nil {
		return false, err
	}
	if err := s.Hub.At(ctx, p); err == nil {
		then(p)
	} else if !ended(p) {
		s.Kill(n)
		return false, err
	}
	select {
	case <-p.Done():
	case <-time.After(within):
		s.Kill(n)
		return false, nil
	}
	died := p.cmd.ProcessState.ExitCode() == -1
	s.Buried(n)
	return died, nil
}

func ended(p *Process) bool {
	select {
	case <-p.Done():
		return true
	default:
		return false
	}
}

// Tails are the last lines of the logs of the processes that run.
func (s *Stack) Tails(lines int) string {
	var out strings.Builder
	for n := range s.processes {
		if p := s.Process(n); p != nil {
			fmt.Fprintf(&out, "hub %d said last:\n%s\n", n, p.Tail(lines))
		}
	}
	return out.String()
}

// Close ends everything. Its error is what processes have shown that they must
// not: a data race or a panic.
func (s *Stack) Close() error {
	s.KillAll()
	for i := len(s.close) - 1; i >= 0; i-- {
		s.close[i]()
	}
	return errors.Join(s.unsound...)
}
