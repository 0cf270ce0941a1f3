package simulate

import (
	"bytes"
	"encoding/json"
	"mime"
	"mime/multipart"
	"net/url"
	"strconv"
)

// maxFields bounds the memory that the parts of one form may take.
const maxFields = 16 << 20

// parameters reads what a call was given: its query, then its body as JSON, a
// form or a multipart form (files are left out).
func parameters(call Call) map[string]any {
	out := map[string]any{}
	add := func(v url.Values) {
		for k := range v {
			out[k] = v.Get(k)
		}
	}
	add(call.Query)
	kind, params, _ := mime.ParseMediaType(call.Header.Get("Content-Type"))
	switch kind {
	case "application/x-www-form-urlencoded":
		form, _ := url.ParseQuery(string(call.Body))
		add(form)
	case "multipart/form-data":
		form, err := multipart.NewReader(bytes.NewReader(call.Body), params["boundary"]).ReadForm(maxFields)
		if err == nil {
			add(form.Value)
			_ = form.RemoveAll()
		}
	default:
		if object, ok := decode(call.Body).(map[string]any); ok {
			for k, v := range object {
				out[k] = v
			}
		}
	}
	return out
}

// decode reads JSON, numbers kept as written; nil if it is none.
func decode(b []byte) any {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil
	}
	return v
}

// text is a parameter as a string, empty for what is neither text nor number.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// object is a parameter as a JSON object, nil if it is none.
func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

// degrees writes a latitude or longitude.
func degrees(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
