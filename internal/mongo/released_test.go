package mongo_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"threadhub/internal/journal"
	"threadhub/internal/mongo"
	"threadhub/internal/mongo/mongotest"
)

var update = flag.Bool("update", false, "rewrite testdata/releases/"+unreleased)

// unreleased is the copy of a database as this version writes it. It is
// rewritten (-update) with every change of the schema until the version is
// released; then it is renamed to the version and never changed again.
const unreleased = "unreleased.json"

const releases = "testdata/releases"

// copied is a collection in a copy.
type copied struct {
	Indexes   []json.RawMessage `json:"indexes"`
	Documents []json.RawMessage `json:"documents"`
}

// indexed is an index in a copy.
type indexed struct {
	Name   string `bson:"name"`
	Key    bson.D `bson:"key"`
	Unique bool   `bson:"unique,omitempty"`
	Sparse bool   `bson:"sparse,omitempty"`
}

func TestADatabaseOfEveryReleaseIsMigratedWithAllThatIsInIt(t *testing.T) {
	server := mongotest.Start(t)
	fresh := server.Database(t)
	s := server.OpenAt(t, fresh, mongo.Options{})
	if *update {
		commit(t, s, first("ann", 1))
		require.NoError(t, s.Journal().Append(t.Context(), []journal.Entry{{ID: "ev_1", ChannelID: "ch_1", ReceivedAt: noon, Method: "POST"}}))
		dump(t, direct(t, fresh), filepath.Join(releases, unreleased))
	}
	copies, err := os.ReadDir(releases)
	require.NoError(t, err)
	require.NotEmpty(t, copies)
	for _, release := range copies {
		t.Run(release.Name(), func(t *testing.T) {
			uri := server.Database(t)
			load(t, direct(t, uri), filepath.Join(releases, release.Name()))
			s := server.OpenAt(t, uri, mongo.Options{})
			require.Equal(t, first("ann", 1).Conversation.Contact, current(t, s, first("ann", 1)).Contact)
			require.Len(t, messages(t, s, "cv_ann_1"), 1)
			entries, err := s.Journal().Claim(t.Context(), "w", noon, time.Minute, 10)
			require.NoError(t, err)
			require.Len(t, entries, 1)
			require.Equal(t, indexNames(t, direct(t, fresh)), indexNames(t, direct(t, uri)),
				"indexes as in a new database: if not, run with -update before a release, or add a migration after")
		})
	}
}

func collections(t *testing.T, db *driver.Database) []string {
	t.Helper()
	names, err := db.ListCollectionNames(t.Context(), bson.D{})
	require.NoError(t, err)
	slices.Sort(names)
	return names
}

func indexesOf(t *testing.T, c *driver.Collection) []indexed {
	t.Helper()
	cursor, err := c.Indexes().List(t.Context())
	require.NoError(t, err)
	var list []indexed
	require.NoError(t, cursor.All(t.Context(), &list))
	slices.SortFunc(list, func(a, b indexed) int { return strings.Compare(a.Name, b.Name) })
	return list
}

func indexNames(t *testing.T, db *driver.Database) (names []string) {
	t.Helper()
	for _, name := range collections(t, db) {
		for _, ix := range indexesOf(t, db.Collection(name)) {
			names = append(names, name+": "+ix.Name)
		}
	}
	return names
}

func dump(t *testing.T, db *driver.Database, to string) {
	t.Helper()
	all := map[string]copied{}
	for _, name := range collections(t, db) {
		var c copied
		for _, ix := range indexesOf(t, db.Collection(name)) {
			raw, err := bson.MarshalExtJSON(ix, true, false)
			require.NoError(t, err)
			c.Indexes = append(c.Indexes, raw)
		}
		cursor, err := db.Collection(name).Find(t.Context(), bson.D{})
		require.NoError(t, err)
		var rows []bson.D
		require.NoError(t, cursor.All(t.Context(), &rows))
		for _, row := range rows {
			raw, err := bson.MarshalExtJSON(row, true, false)
			require.NoError(t, err)
			c.Documents = append(c.Documents, raw)
		}
		all[name] = c
	}
	raw, err := json.MarshalIndent(all, "", " ")
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o755))
	require.NoError(t, os.WriteFile(to, append(raw, '\n'), 0o644))
}

func load(t *testing.T, db *driver.Database, from string) {
	t.Helper()
	raw, err := os.ReadFile(from)
	require.NoError(t, err)
	all := map[string]copied{}
	require.NoError(t, json.Unmarshal(raw, &all))
	for name, c := range all {
		for _, raw := range c.Documents {
			var row bson.D
			require.NoError(t, bson.UnmarshalExtJSON(raw, true, &row))
			_, err := db.Collection(name).InsertOne(t.Context(), row)
			require.NoError(t, err)
		}
		var models []driver.IndexModel
		for _, raw := range c.Indexes {
			var ix indexed
			require.NoError(t, bson.UnmarshalExtJSON(raw, true, &ix))
			if ix.Name == "_id_" {
				continue
			}
			o := options.Index().SetName(ix.Name)
			if ix.Unique {
				o.SetUnique(true)
			}
			if ix.Sparse {
				o.SetSparse(true)
			}
			models = append(models, driver.IndexModel{Keys: ix.Key, Options: o})
		}
		if len(models) > 0 {
			_, err := db.Collection(name).Indexes().CreateMany(t.Context(), models)
			require.NoError(t, err, name)
		}
	}
}

func TestInspectingADatabaseMigratesNothing(t *testing.T) {
	server := mongotest.Start(t)
	uri := server.Database(t)
	in, err := mongo.Inspect(t.Context(), uri)
	require.NoError(t, err)
	require.Equal(t, []int{0, 1}, []int{in.Have, in.Known})
	require.Less(t, in.Ahead.Abs(), time.Minute)
	require.Empty(t, collections(t, direct(t, uri)))

	s := server.OpenAt(t, uri, mongo.Options{})
	c := first("ann", 1)
	out := reply(c.Conversation)
	c.Messages, c.Deliveries = out.Messages, out.Deliveries
	commit(t, s, c)
	require.NoError(t, s.Journal().Append(t.Context(), []journal.Entry{{ID: "ev_1", ChannelID: "ch_1", ReceivedAt: noon, Method: "POST"}}))
	in, err = mongo.Inspect(t.Context(), uri)
	require.NoError(t, err)
	in.Ahead, in.ReplicaSet = 0, ""
	require.Equal(t, mongo.Inspection{Have: 1, Known: 1, Pending: 1, Oldest: noon, Deliveries: 1, Due: noon}, in)
	body, err := mongo.Record(t.Context(), uri, "agent", "nobody")
	require.NoError(t, err)
	require.Nil(t, body)
}
