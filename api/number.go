package api

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// TimeSummary is the ReportTime of the document. It is written by hand because
// a report of thousands of rows has twenty in each: what a generated type takes
// for each null would be most of the hub's memory.
type TimeSummary struct {
	Count int            `json:"count"`
	Mean  OptionalNumber `json:"mean"`
	P50   OptionalNumber `json:"p50"`
	P90   OptionalNumber `json:"p90"`
	Max   OptionalNumber `json:"max"`
}

// OptionalNumber is a number that may be null, without memory beside itself.
type OptionalNumber struct {
	Value float64
	Valid bool // false: null
}

// MarshalJSON writes the number, or null.
func (n OptionalNumber) MarshalJSON() ([]byte, error) {
	if !n.Valid {
		return []byte("null"), nil
	}
	if math.IsNaN(n.Value) || math.IsInf(n.Value, 0) {
		return nil, fmt.Errorf("not a number of JSON: %v", n.Value)
	}
	return strconv.AppendFloat(nil, n.Value, 'f', -1, 64), nil
}

// UnmarshalJSON reads a number or null.
func (n *OptionalNumber) UnmarshalJSON(data []byte) error {
	*n = OptionalNumber{}
	if string(data) == "null" {
		return nil
	}
	if err := json.Unmarshal(data, &n.Value); err != nil {
		return fmt.Errorf("not a number: %s", data)
	}
	n.Valid = true
	return nil
}
