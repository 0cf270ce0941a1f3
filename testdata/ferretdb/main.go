// Command ferretdb serves the MongoDB protocol on a loopback port, with SQLite
// behind it, so that the MongoDB store can be tried where no MongoDB server is
// at hand. It prints its mongodb:// address on the first line of its output
// and ends when its input ends, and so never outlives the test that started
// it.
//
// It is a module of its own: its many dependencies stay out of the product.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	dir := flag.String("dir", ".", "directory for the databases")
	flag.Parse()
	if err := run(*dir, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "ferretdb:", err)
		os.Exit(1)
	}
}

// run serves until in ends.
func run(dir string, in io.Reader, out io.Writer) error {
	db, err := ferretdb.New(&ferretdb.Config{
		Listener: ferretdb.ListenerConfig{TCP: "127.0.0.1:0"},
		Logger:   slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
		Handler:  "sqlite",
		// A database in memory has a single connection, and FerretDB waits for
		// a second one forever when one command holds several updates.
		SQLiteURL: "file:" + dir + "/?_pragma=synchronous(off)",
	})
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- db.Run(ctx) }()

	// MongoDBURI waits for the listener that Run opens.
	if _, err := fmt.Fprintln(out, db.MongoDBURI()); err != nil {
		return fmt.Errorf("print the address: %w", err)
	}
	if _, err := io.Copy(io.Discard, in); err != nil {
		return fmt.Errorf("read the input: %w", err)
	}
	stop()
	return <-ended
}
