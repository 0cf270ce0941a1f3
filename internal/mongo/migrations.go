package mongo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"threadhub/internal/crashpoint"
)

// ErrNewer is returned by [Open] for a database that a newer version of the
// hub has changed.
var ErrNewer = errors.New("the database is newer than this program")

// migration is one step in the life of the database. Its number is its place
// in the list, from 1. It may run again, and beside another process that runs
// it, without harm.
type migration struct {
	Name string
	Run  func(ctx context.Context, db *mongo.Database) error
}

func migrations() []migration {
	return []migration{
		{Name: "indexes", Run: createIndexes},
	}
}

// applied is a document of the collection migrations.
type applied struct {
	Version int       `bson:"_id"`
	Name    string    `bson:"name"`
	At      time.Time `bson:"at"`
}

// migrate carries out the migrations the database has not seen.
func (s *Store) migrate(ctx context.Context) error {
	done, err := schemaVersion(ctx, s.db)
	if err != nil {
		return err
	}
	list := migrations()
	if done > len(list) {
		return fmt.Errorf("%w: it has version %d, this program knows %d", ErrNewer, done, len(list))
	}
	for i := done; i < len(list); i++ {
		m := list[i]
		if err := m.Run(ctx, s.db); err != nil {
			return fmt.Errorf("migration %d (%s): %w", i+1, m.Name, err)
		}
		crashpoint.At(crashpoint.StepApplied)
		row := applied{Version: i + 1, Name: m.Name, At: time.Now().UTC()}
		_, err := s.db.Collection("migrations").InsertOne(ctx, row)
		if err != nil && !mongo.IsDuplicateKeyError(err) {
			return fmt.Errorf("record migration %d: %w", i+1, err)
		}
	}
	return nil
}

// schemaVersion is the number of the latest migration, 0 for a new database.
func schemaVersion(ctx context.Context, db *mongo.Database) (int, error) {
	var last applied
	err := db.Collection("migrations").
		FindOne(ctx, bson.D{}, options.FindOne().SetSort(bson.D{{Key: "_id", Value: -1}})).
		Decode(&last)
	if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return 0, fmt.Errorf("read the schema version: %w", err)
	}
	return last.Version, nil
}
