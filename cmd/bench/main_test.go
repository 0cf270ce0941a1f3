package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"threadhub/internal/simulate"
	"threadhub/internal/simulate/simtest"
)

// TestMain lets the test binary play bench's children as well: the hub, the
// bare handler and the stub platform.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && slices.Contains([]string{"serve", "bench-bare", "bench-fill", "stub"}, os.Args[1]) {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		err := play(ctx, os.Args[1:])
		stop()
		if err != nil {
			_, _ = os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

func play(ctx context.Context, args []string) error {
	switch args[0] {
	case "stub":
		return stubCommand{}.Run(ctx)
	case "bench-bare":
		return simulate.Bare{Kind: args[2], Addr: "127.0.0.1:0", Secret: args[4], Platform: args[6]}.Run(ctx, os.Stdout)
	}
	filled := filepath.Join(os.Getenv("THREADHUB_DATA_DIR"), "conversations")
	if args[0] == "bench-fill" {
		if err := os.MkdirAll(filepath.Dir(filled), 0o700); err != nil {
			return err
		}
		return os.WriteFile(filled, []byte(args[2]), 0o600)
	}
	lose, _ := strconv.Atoi(os.Getenv("FAKE_HUB_LOSES"))
	h := &simtest.Hub{Token: os.Getenv("THREADHUB_ADMIN_TOKEN"), LoseEvery: lose, Doubles: os.Getenv("FAKE_HUB_DOUBLES") != ""}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", os.Getenv("THREADHUB_ADDR"))
	if err != nil {
		return err
	}
	routes := http.NewServeMux()
	routes.Handle("/", h)
	routes.HandleFunc("GET /v1/reports/conversations", func(w http.ResponseWriter, _ *http.Request) {
		count, err := os.ReadFile(filled)
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		_, _ = fmt.Fprintf(w, `{"total":{"conversations":%s}}`, count)
	})
	srv := &http.Server{Handler: routes}
	defer context.AfterFunc(ctx, func() { _ = srv.Close() })()
	if err := srv.Serve(ln); err != http.ErrServerClosed {
		return err
	}
	return nil
}
