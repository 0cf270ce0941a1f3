package sqlite

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// millis is a time as columns keep it.
func millis(t time.Time) int64 { return t.UnixMilli() }

// millisOrZero is millis with 0 for the zero time.
func millisOrZero(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// millisOrNull is millis with NULL for the zero time.
func millisOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// timeOf is the time that a column keeps, zero for 0 and NULL.
func timeOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// flag is a truth as columns keep it.
func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// encode is a record as a doc column keeps it.
func encode(v any) (string, error) {
	var b strings.Builder // an encoder writes once, so the text is copied once
	if err := json.NewEncoder(&b).Encode(v); err != nil {
		return "", fmt.Errorf("encode %T: %w", v, err)
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

// decode reads a doc column.
func decode[T any](doc string) (T, error) {
	var v T
	if err := json.Unmarshal([]byte(doc), &v); err != nil {
		return v, fmt.Errorf("decode %T: %w", v, err)
	}
	return v, nil
}

// collect answers the records of a query whose first column is a doc.
func collect[T any](into *[]T) func(row) error {
	return func(r row) error {
		v, err := decode[T](r.text(0))
		if err != nil {
			return err
		}
		*into = append(*into, v)
		return nil
	}
}

// searchSeparator keeps the fields of a search column apart. It is taken out
// of the fields, so that no search finds text across two of them.
const searchSeparator = "\x1f"

// searchText is the folded text of the fields, to be searched with instr.
func searchText(fields ...string) string {
	for i, f := range fields {
		fields[i] = strings.ReplaceAll(f, searchSeparator, "")
	}
	return strings.ToLower(strings.Join(fields, searchSeparator))
}

// defaultLimit is how many records a list answers that was not told.
const defaultLimit = 50

func pageLimit(n int) int {
	if n <= 0 {
		return defaultLimit
	}
	return n
}
