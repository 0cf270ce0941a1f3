package chaos

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// change is a piece of a source file that another takes the place of.
type change struct {
	file, from, to string
}

// sabotages are safeguards of the hub, each with what takes it out of the
// program: the source stays as it is, and a build sees it changed.
func sabotages() map[string][]change {
	return map[string][]change{
		"unique-index": {
			{"internal/mongo/indexes.go", "\tif ix.Unique {\n", "\tif false {\n"},
			// The moment in which two processes can be at the same is drawn out.
			{"internal/mongo/commit.go", "\t_, err := b.s.conversations.InsertMany(ctx, rows", "\ttime.Sleep(300 * time.Millisecond)\n\t_, err := b.s.conversations.InsertMany(ctx, rows"},
		},
		"sweeper": {
			{"internal/app/run.go", "wg.Go(func() { h.sweeper.Run(work) })", "_ = h.sweeper.Run"},
		},
		"signature": {
			{"internal/accept/accept.go", "proved, err := ch.Verify(req, now)", "proved, err := ch.Connector, error(nil)"},
		},
		"durable-before-200": {
			{"internal/accept/commit.go", "\t\terr := c.store.Append(ctx, entries)\n", "\t\tfor _, p := range group {\n\t\t\tp.result <- nil\n\t\t}\n\t\ttime.Sleep(100 * time.Millisecond)\n\t\terr := c.store.Append(ctx, entries)\n"},
			{"internal/accept/commit.go", "\t\tfor _, p := range group {\n\t\t\tp.result <- err\n\t\t}\n", ""},
		},
		"in-flight-mark": {
			{"workers/outbound.go", "case d.InFlight && !ch.Caps.Idempotent:", "case d.InFlight && ch.Caps.Idempotent:"},
		},
		"duplicate-check": {
			{"threads/ingest.go", "if _, dup := k.seen[l.slot.Channel][key]; dup || taken[key] {", "if taken[key] {"},
			{"internal/mongo/indexes.go", "\tif ix.Unique {\n", "\tif false {\n"},
			{"internal/mongo/commit.go", "b.refuseSeen, b.takeSeats", "b.takeSeats"},
			{"internal/sqlite/migrations/main/001_initial.sql", "CREATE UNIQUE INDEX messages_key", "CREATE INDEX messages_key"},
		},
	}
}

// Sabotages are the names of the safeguards that Sabotage takes out.
func Sabotages() []string { return slices.Sorted(maps.Keys(sabotages())) }

// Sabotage answers an overlay, kept in dir, for a hub without a safeguard. It
// fails when the source is not what it expects: then it has to be brought up to
// date. root is that of the project.
func Sabotage(name, root, dir string) (map[string]string, error) {
	changes, ok := sabotages()[name]
	if !ok {
		return nil, fmt.Errorf("there is no sabotage %q: take one of %s", name, strings.Join(Sabotages(), ", "))
	}
	return overlay(changes, root, dir)
}

// overlay writes the changed files to dir.
func overlay(changes []change, root, dir string) (map[string]string, error) {
	texts := map[string]string{}
	for _, c := range changes {
		path := filepath.Join(root, filepath.FromSlash(c.file))
		if _, begun := texts[path]; !begun {
			raw, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			texts[path] = string(raw)
		}
		if n := strings.Count(texts[path], c.from); n != 1 {
			return nil, fmt.Errorf("%s has %q %d times where once was expected", c.file, c.from, n)
		}
		texts[path] = strings.Replace(texts[path], c.from, c.to, 1)
	}
	replaced := map[string]string{}
	for path, text := range texts {
		name := filepath.Join(dir, fmt.Sprintf("%d-%s", len(replaced), filepath.Base(path)))
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			return nil, err
		}
		replaced[path] = name
	}
	return replaced, nil
}
