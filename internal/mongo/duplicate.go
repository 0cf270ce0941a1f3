package mongo

import (
	"errors"

	"go.mongodb.org/mongo-driver/v2/mongo"
)

// duplicateKey is the server's code for a value that a unique index already
// has (E11000): somebody else did it.
const duplicateKey = 11000

// writeErrors splits the error of an unordered bulk write into those of single
// operations, by index, and what went wrong with the whole (nil if nothing).
func writeErrors(err error) (map[int]mongo.BulkWriteError, error) {
	if err == nil {
		return nil, nil
	}
	var bulk mongo.BulkWriteException
	if !errors.As(err, &bulk) || bulk.WriteConcernError != nil {
		return nil, err
	}
	single := make(map[int]mongo.BulkWriteError, len(bulk.WriteErrors))
	for _, e := range bulk.WriteErrors {
		single[e.Index] = e
	}
	return single, nil
}

// exceptDuplicates is err without the operations that found their row there
// already.
func exceptDuplicates(err error) error {
	single, whole := writeErrors(err)
	if whole != nil {
		return whole
	}
	for _, e := range single {
		if e.Code != duplicateKey {
			return err
		}
	}
	return nil
}
