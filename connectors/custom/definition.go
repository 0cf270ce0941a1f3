package custom

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// definition is a channel's settings as the schema describes them.
type definition struct {
	APIBaseURL   string          `json:"api_base_url"`
	Verify       []proofDef      `json:"verify"`
	Handshake    *handshakeDef   `json:"handshake"`
	Acknowledge  *replyDef       `json:"acknowledge"`
	Inbound      *inboundDef     `json:"inbound"`
	Outbound     *outboundDef    `json:"outbound"`
	Receipts     []string        `json:"receipts"`
	Media        *mediaDef       `json:"media"`
	Token        *tokenDef       `json:"token"`
	Check        *callDef        `json:"check"`
	Webhook      oneOrMore       `json:"webhook"`
	Capabilities capabilitiesDef `json:"capabilities"`
	Rate         rateDef         `json:"rate"`
}

// proofDef is one way for a webhook to prove its origin.
type proofDef struct {
	Mode        string        `json:"mode"`
	Alg         string        `json:"alg"`
	Header      string        `json:"header"`
	Query       string        `json:"query"`
	JSON        string        `json:"json"`
	Prefix      string        `json:"prefix"`
	Separator   string        `json:"separator"`
	Field       string        `json:"field"`
	Encoding    string        `json:"encoding"`
	Parts       []string      `json:"parts"`
	Sort        bool          `json:"sort"`
	Secret      string        `json:"secret"`
	Key         string        `json:"key"`
	Username    string        `json:"username"`
	Timestamp   *timestampDef `json:"timestamp"`
	Audience    string        `json:"audience"`
	Issuer      string        `json:"issuer"`
	BodyHash    string        `json:"body_hash"`
	Tolerance   string        `json:"tolerance"`
	CIDRs       []string      `json:"cidrs"`
	Description string        `json:"description"`
}

// timestampDef is where a signed time is.
type timestampDef struct {
	Header string `json:"header"`
	Query  string `json:"query"`
	JSON   string `json:"json"`
	Field  string `json:"field"`
	Unit   string `json:"unit"`
}

type handshakeDef struct {
	Method        string            `json:"method"`
	EchoQuery     string            `json:"echo_query"`
	EchoJSON      string            `json:"echo_json"`
	RequireQuery  map[string]string `json:"require_query"`
	RequireHeader map[string]string `json:"require_header"`
	RequireJSON   map[string]string `json:"require_json"`
	Verified      bool              `json:"verified"`
	Reply         *replyDef         `json:"reply"`
}

type replyDef struct {
	Status      int             `json:"status"`
	ContentType string          `json:"content_type"`
	JSON        json.RawMessage `json:"json"`
	XML         json.RawMessage `json:"xml"`
	Text        *string         `json:"text"`
}

type inboundDef struct {
	Format  string    `json:"format"`
	Headers []string  `json:"headers"`
	Items   string    `json:"items"`
	Name    string    `json:"name"`
	Rules   []ruleDef `json:"rules"`
}

type ruleDef struct {
	When   string               `json:"when"`
	Emit   string               `json:"emit"`
	Fields map[string]sourceDef `json:"fields"`
}

// sourceDef is where a field's value comes from: an expression, with the unit of
// a time or the names of a closed set.
type sourceDef struct {
	Expr string            `json:"expr"`
	Unit string            `json:"unit"`
	Map  map[string]string `json:"map"`
	// bare is set when it was written as an expression alone.
	bare bool
}

// UnmarshalJSON reads an expression or an object.
func (s *sourceDef) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '"' {
		s.bare = true
		return json.Unmarshal(raw, &s.Expr)
	}
	type plain sourceDef
	return strict(raw, (*plain)(s))
}

// outboundDef is which calls send what, by the name of the content.
type outboundDef struct {
	Text     oneOrMore `json:"text"`
	Media    oneOrMore `json:"media"`
	Image    oneOrMore `json:"image"`
	Audio    oneOrMore `json:"audio"`
	Video    oneOrMore `json:"video"`
	File     oneOrMore `json:"file"`
	Sticker  oneOrMore `json:"sticker"`
	Location oneOrMore `json:"location"`
	Contact  oneOrMore `json:"contact"`
	Template oneOrMore `json:"template"`
	Buttons  oneOrMore `json:"buttons"`
	List     oneOrMore `json:"list"`

	Typing *callDef `json:"typing"`
	Read   *callDef `json:"read"`
	React  *callDef `json:"react"`

	SuccessWhen string     `json:"success_when"`
	ExternalID  string     `json:"external_id"`
	Errors      []errorDef `json:"errors"`
}

// content lists the calls that send content, by name.
func (o *outboundDef) content() map[string]oneOrMore {
	return map[string]oneOrMore{
		"text": o.Text, "media": o.Media, "image": o.Image, "audio": o.Audio, "video": o.Video, "file": o.File, "sticker": o.Sticker,
		"location": o.Location, "contact": o.Contact, "template": o.Template, "buttons": o.Buttons, "list": o.List,
	}
}

// oneOrMore is a call, or several to be made one after the other.
type oneOrMore []callDef

// UnmarshalJSON reads an object or a list of objects.
func (o *oneOrMore) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '[' {
		var list []callDef
		if err := strict(raw, &list); err != nil {
			return err
		}
		*o = list
		return nil
	}
	var one callDef
	if err := strict(raw, &one); err != nil {
		return err
	}
	*o = oneOrMore{one}
	return nil
}

// callDef is one HTTP request.
type callDef struct {
	Name    string                     `json:"name"`
	When    string                     `json:"when"`
	Method  string                     `json:"method"`
	URL     string                     `json:"url"`
	Hosts   []string                   `json:"hosts"`
	Query   map[string]json.RawMessage `json:"query"`
	Headers map[string]string          `json:"headers"`

	JSON      json.RawMessage            `json:"json"`
	Form      map[string]json.RawMessage `json:"form"`
	XML       json.RawMessage            `json:"xml"`
	Text      *string                    `json:"text"`
	Multipart *multipartDef              `json:"multipart"`

	SuccessWhen string            `json:"success_when"`
	ExternalID  string            `json:"external_id"`
	Save        map[string]string `json:"save"`
}

// multipartDef sends a file's bytes instead of its address.
type multipartDef struct {
	Field    string            `json:"field"`
	URL      string            `json:"url"`
	Name     string            `json:"name"`
	MIME     string            `json:"mime"`
	Fields   map[string]string `json:"fields"`
	MaxBytes int64             `json:"max_bytes"`
}

type errorDef struct {
	When       string     `json:"when"`
	Class      string     `json:"class"`
	Message    string     `json:"message"`
	Code       string     `json:"code"`
	RetryAfter *sourceDef `json:"retry_after"`
	PeerOnly   bool       `json:"peer_only"`
}

type mediaDef struct {
	When  string    `json:"when"`
	Calls oneOrMore `json:"calls"`
	Kept  string    `json:"kept"`
}

type tokenDef struct {
	Request   callDef           `json:"request"`
	Access    string            `json:"access"`
	ExpiresIn string            `json:"expires_in"`
	Rotated   map[string]string `json:"rotated"`
	Header    string            `json:"header"`
	Prefix    *string           `json:"prefix"`
}

type rateDef struct {
	PerSecond float64 `json:"per_second"`
	Burst     int     `json:"burst"`
	PeerEvery string  `json:"peer_every"`
	PeerBurst int     `json:"peer_burst"`
}

// maxSettings bounds settings, in bytes: what is more is no description of a
// platform.
const maxSettings = 256 << 10

func readDefinition(raw json.RawMessage) (*definition, error) {
	if len(raw) > maxSettings {
		return nil, fmt.Errorf("settings may have %d bytes", maxSettings)
	}
	d := new(definition)
	if len(bytes.TrimSpace(raw)) == 0 {
		return d, nil
	}
	if err := strict(raw, d); err != nil {
		return nil, fmt.Errorf("settings are not a JSON object as the schema describes: %s", jsonFault(err))
	}
	return d, nil
}

// strict refuses fields that are not known.
func strict(raw []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the object")
	}
	return nil
}

// jsonFault says what is wrong with JSON without repeating what it holds.
func jsonFault(err error) string {
	var wrongType *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &wrongType):
		return fmt.Sprintf("%q is not of the expected type", wrongType.Field)
	case errors.As(err, &syntax):
		return fmt.Sprintf("not JSON at byte %d", syntax.Offset)
	case strings.HasPrefix(err.Error(), "json: unknown field"):
		return strings.TrimPrefix(err.Error(), "json: ")
	}
	return "it cannot be read"
}
