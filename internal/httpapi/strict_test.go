package httpapi

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestStrictReadingNamesThePlace(t *testing.T) {
	_, fields, err := readStrict([]byte(`{"a":[{"b":1,"b":2}],"c":{"d":"x\u0000"}}`))
	require.NoError(t, err)
	require.Equal(t, []fieldError{{"a[0].b", "is given twice"}, {"c.d", "holds a NUL character"}}, fields)
}

func TestStrictReadingBoundsDepth(t *testing.T) {
	_, _, err := readStrict([]byte(strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth)))
	require.NoError(t, err)
	_, _, err = readStrict([]byte(strings.Repeat("[", maxDepth+2) + strings.Repeat("]", maxDepth+2)))
	require.ErrorContains(t, err, "nested deeper")
}

// FuzzReadStrict holds the strict reader to the standard one: what it accepts
// is what that reads, and it accepts nothing that one refuses.
func FuzzReadStrict(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"a":1}`, `[1,2,{"b":null}]`, `{"a":1,"a":2}`, `"x" y`, `{"a"`, "\xff", `"\u0000"`, `1e999`, `-0`, `[[[[]]]]`, ` {"a" : [ ] } `,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, fields, err := readStrict(data)
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.UseNumber()
		var want any
		standard := decoder.Decode(&want)
		if standard == nil {
			if _, more := decoder.Token(); more != io.EOF {
				standard = io.ErrNoProgress
			}
		}
		if standard != nil || !utf8.Valid(data) {
			require.Error(t, err)
			return
		}
		if err != nil {
			require.ErrorContains(t, err, "nested deeper", "the only thing that is JSON and refused")
			return
		}
		if len(fields) == 0 {
			require.Equal(t, want, got)
		}
	})
}
