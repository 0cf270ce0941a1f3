package mongo

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// bsonOptions makes records marshal by their json tags, of which the driver
// knows omitempty.
func bsonOptions() *options.BSONOptions {
	return &options.BSONOptions{UseJSONStructTags: true}
}

// registry is the driver's, apart from what records hold and BSON does not
// keep as it is: zero times, which are stored as null, so that no comparison
// of times finds them; maps, whose keys others choose; and []any, which is
// JSON passed through.
//
// The rules are by type, so the store's own commands and filters are written
// as bson.D and bson.A, never as maps or []any.
func registry() *bson.Registry {
	r := bson.NewRegistry()
	r.RegisterTypeEncoder(reflect.TypeFor[time.Time](), bson.ValueEncoderFunc(encodeTime))
	r.RegisterKindEncoder(reflect.Map, bson.ValueEncoderFunc(encodeMap))
	r.RegisterKindDecoder(reflect.Map, bson.ValueDecoderFunc(decodeMap))
	anys := reflect.TypeFor[[]any]()
	r.RegisterTypeEncoder(anys, bson.ValueEncoderFunc(encodeJSON))
	r.RegisterTypeDecoder(anys, bson.ValueDecoderFunc(decodeJSON))
	return r
}

// encodeTime writes whole milliseconds, or null for the zero time.
func encodeTime(_ bson.EncodeContext, w bson.ValueWriter, v reflect.Value) error {
	at, ok := v.Interface().(time.Time)
	if !ok {
		return fmt.Errorf("encode %s as a time", v.Type())
	}
	if at.IsZero() {
		return w.WriteNull()
	}
	return w.WriteDateTime(at.UnixMilli())
}

// encodeJSON writes a value as the JSON text of it: nested arrays and any key
// come back as they were.
func encodeJSON(_ bson.EncodeContext, w bson.ValueWriter, v reflect.Value) error {
	text, err := json.Marshal(v.Interface())
	if err != nil {
		return fmt.Errorf("encode as JSON: %w", err)
	}
	return w.WriteString(string(text))
}

func decodeJSON(_ bson.DecodeContext, r bson.ValueReader, v reflect.Value) error {
	if r.Type() == bson.TypeNull {
		v.SetZero()
		return r.ReadNull()
	}
	text, err := r.ReadString()
	if err != nil {
		return fmt.Errorf("decode JSON: %w", err)
	}
	return json.Unmarshal([]byte(text), v.Addr().Interface())
}

// encodeMap writes a map with string keys as a document, in the order of its
// keys, each escaped.
func encodeMap(ec bson.EncodeContext, w bson.ValueWriter, v reflect.Value) error {
	if v.Type().Key().Kind() != reflect.String {
		return fmt.Errorf("encode %s: keys are not strings", v.Type())
	}
	if v.IsNil() {
		return w.WriteNull()
	}
	enc, err := ec.LookupEncoder(v.Type().Elem())
	if err != nil {
		return err
	}
	doc, err := w.WriteDocument()
	if err != nil {
		return err
	}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	for _, k := range keys {
		elem, err := doc.WriteDocumentElement(escapeKey(k.String()))
		if err != nil {
			return err
		}
		if err := enc.EncodeValue(ec, elem, v.MapIndex(k)); err != nil {
			return err
		}
	}
	return doc.WriteDocumentEnd()
}

func decodeMap(dc bson.DecodeContext, r bson.ValueReader, v reflect.Value) error {
	if r.Type() == bson.TypeNull {
		v.SetZero()
		return r.ReadNull()
	}
	dec, err := dc.LookupDecoder(v.Type().Elem())
	if err != nil {
		return err
	}
	doc, err := r.ReadDocument()
	if err != nil {
		return err
	}
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	for {
		key, value, err := doc.ReadElement()
		if errors.Is(err, bson.ErrEOD) {
			return nil
		}
		if err != nil {
			return err
		}
		elem := reflect.New(v.Type().Elem()).Elem()
		if err := dec.DecodeValue(dc, value, elem); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		v.SetMapIndex(reflect.ValueOf(unescapeKey(key)).Convert(v.Type().Key()), elem)
	}
}

// emptyKey stands for the empty key. No other key is escaped to it: a percent
// sign always becomes three characters.
const emptyKey = "%"

// escapeKey makes a field name of any string: a name may not be empty, hold
// NUL, be taken for an operator or for a path.
func escapeKey(k string) string {
	if k == "" {
		return emptyKey
	}
	return strings.NewReplacer("%", "%25", "$", "%24", ".", "%2E", "\x00", "%00").
		Replace(strings.ToValidUTF8(k, "\uFFFD"))
}

func unescapeKey(k string) string {
	if k == emptyKey {
		return ""
	}
	return strings.NewReplacer("%25", "%", "%24", "$", "%2E", ".", "%00", "\x00").Replace(k)
}
