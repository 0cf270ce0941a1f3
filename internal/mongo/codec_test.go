package mongo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"pgregory.net/rapid"

	"threadhub/internal/journal"
	"threadhub/normalize"
	"threadhub/threads"
)

// marshal encodes as the client of a store does.
func marshal(t require.TestingT, v any) bson.Raw {
	var buf bytes.Buffer
	enc := bson.NewEncoder(bson.NewDocumentWriter(&buf))
	enc.SetRegistry(registry())
	enc.UseJSONStructTags()
	require.NoError(t, enc.Encode(v))
	return buf.Bytes()
}

func unmarshal(t require.TestingT, raw bson.Raw, into any) {
	dec := bson.NewDecoder(bson.NewDocumentReader(bytes.NewReader(raw)))
	dec.SetRegistry(registry())
	dec.UseJSONStructTags()
	require.NoError(t, dec.Decode(into))
}

// fill sets every field to something that is not zero.
func fill(v reflect.Value, n *int) {
	*n++
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.UnixMilli(1_900_000_000_123 + int64(*n)).UTC()))
		return
	case json.RawMessage:
		v.Set(reflect.ValueOf(json.RawMessage(fmt.Sprintf(`{"n": %d}`, *n))))
		return
	case []any:
		v.Set(reflect.ValueOf([]any{map[string]any{"$a.b": []any{[]any{1.5, nil}, "x"}, "": map[string]any{}}}))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprint("s", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n) << 33)
	case reflect.Int8, reflect.Int16, reflect.Int32:
		v.SetInt(int64(*n % 100))
	case reflect.Float64:
		v.SetFloat(float64(*n) + 0.25)
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		v.SetUint(uint64(*n % 256))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), n)
		fill(v.Index(1), n)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for _, k := range []string{"", "$set", "a.b", "%", "%2E", "\x00", "plain"} {
			e := reflect.New(v.Type().Elem()).Elem()
			fill(e, n)
			v.SetMapIndex(reflect.ValueOf(k).Convert(v.Type().Key()), e)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	default:
		panic("no value for " + v.Type().String())
	}
}

func TestEveryFieldOfARecordComesBack(t *testing.T) {
	for _, empty := range []any{
		conversationRow{},
		messageRow{},
		transitionRow{},
		deliveryRow{},
		entryRow{},
		itemRow{},
		row[threads.Contact]{},
		row[threads.Parked]{},
		row[normalize.Event]{},
		row[journal.Entry]{},
		identityRow{},
		laneRow{},
		recordRow{},
		requestRow{},
		applied{},
	} {
		t.Run(reflect.TypeOf(empty).String(), func(t *testing.T) {
			want := reflect.New(reflect.TypeOf(empty))
			fillRow(want.Elem())
			got := reflect.New(reflect.TypeOf(empty))
			unmarshal(t, marshal(t, want.Interface()), got.Interface())
			require.Equal(t, want.Interface(), got.Interface())
		})
	}
}

// fillRow is fill for a whole row, in which tokens are arrays of bytes.
func fillRow(v reflect.Value) {
	n := 0
	for i := range v.NumField() {
		switch f := v.Field(i).Addr().Interface().(type) {
		case *bson.ObjectID:
			*f = bson.NewObjectID()
		case *map[string]bson.ObjectID:
			*f = map[string]bson.ObjectID{"s1": bson.NewObjectID()}
		default:
			fill(v.Field(i), &n)
		}
	}
}

func TestAZeroTimeIsNoTime(t *testing.T) {
	raw := marshal(t, row[threads.Message]{ID: "msg_1"})
	require.Equal(t, bson.TypeNull, raw.Lookup("doc", "read_at").Type)

	var got row[threads.Message]
	unmarshal(t, raw, &got)
	require.True(t, got.Doc.ReadAt.IsZero())
	require.Equal(t, threads.Message{}, got.Doc)
}

func TestTimesComeBackInUTC(t *testing.T) {
	at := time.Date(2030, time.May, 6, 12, 0, 0, 7e6, time.FixedZone("UTC+3", 3*60*60))
	var got row[threads.Message]
	unmarshal(t, marshal(t, row[threads.Message]{Doc: threads.Message{SentAt: at}}), &got)
	require.Equal(t, at.UTC(), got.Doc.SentAt)
}

func TestAnyMapKeyIsAFieldNameAndComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "map")
		raw := marshal(t, row[map[string]string]{Doc: want})
		if len(want) > 0 {
			elements, err := raw.Lookup("doc").Document().Elements()
			require.NoError(t, err)
			for _, e := range elements {
				require.NotEmpty(t, e.Key())
				require.NotContains(t, e.Key(), ".")
				require.NotContains(t, e.Key(), "$")
			}
		}
		var got row[map[string]string]
		unmarshal(t, raw, &got)
		require.Equal(t, want, got.Doc)
	})
}

func TestAQueryIsLiteral(t *testing.T) {
	for text, pattern := range map[string]string{
		"a.b":           `a\.b`,
		".*":            `\.\*`,
		`{"$gt": ""}`:   `\{"\$gt": ""\}`,
		"nul\x00byte":   `nul\x00byte`,
		"bad \xff byte": "bad \uFFFD byte",
	} {
		require.Equal(t, pattern, literal(text))
	}
}

func TestTheDatabaseIsTheOneTheAddressNames(t *testing.T) {
	for uri, want := range map[string]string{
		"mongodb://localhost":                                 "threadhub",
		"mongodb://localhost/":                                "threadhub",
		"mongodb://localhost/?replicaSet=rs0":                 "threadhub",
		"mongodb://u:p@a:27017,b:27018/desk?w=1":              "desk",
		"mongodb+srv://u:p%2Fq@cluster.example.org/help%20me": "help me",
		"mongodb://a/desk?authSource=admin&appName=x/y":       "desk",
	} {
		got, err := databaseName(uri)
		require.NoError(t, err)
		require.Equal(t, want, got, uri)
	}
	_, err := databaseName("localhost:27017")
	require.Error(t, err)
}

func TestTheAddressOverridesTheDefaults(t *testing.T) {
	plain := clientOptions("mongodb://localhost", Options{})
	require.Equal(t, "majority", plain.WriteConcern.W)
	require.True(t, *plain.WriteConcern.Journal)
	require.True(t, *plain.RetryWrites)

	own := clientOptions("mongodb://localhost/?retryWrites=false&w=1&timeoutMS=2500", Options{})
	require.Equal(t, 1, own.WriteConcern.W)
	require.False(t, *own.RetryWrites)
	require.Equal(t, 2500*time.Millisecond, *own.Timeout)
}
