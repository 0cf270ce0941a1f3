package httpapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// contract is the API document made ready to hold requests to it.
type contract struct {
	operations map[string]*operation // by method and route, as gin writes it
	doc        document
}

// operation is what the document says of one operation.
type operation struct {
	id       string
	method   string
	path     string // as the document writes it
	tag      string
	summary  string
	access   access
	body     *jsonschema.Schema // nil: it takes none
	query    map[string]*parameter
	raw      bool // the body is a file and no JSON: its handler reads it
	stream   bool // the answer goes on for as long as the client stays
	mutating bool // takes an idempotency key
	open     bool // whoever calls it may add parameters of their own
}

// parameter is one query parameter.
type parameter struct {
	kind   string // "string", "integer", "boolean" or "array" of strings
	schema *jsonschema.Schema
}

// document is the part of OpenAPI 3.1 that is read here.
type document struct {
	Info struct {
		Title       string `json:"title"`
		Description string `json:"description"`
	} `json:"info"`
	Security   []map[string][]string                `json:"security"`
	Tags       []struct{ Name, Description string } `json:"tags"`
	Paths      map[string]json.RawMessage           `json:"paths"`
	Components struct {
		Parameters map[string]docParameter `json:"parameters"`
	} `json:"components"`
}

type docOperation struct {
	OperationID string                 `json:"operationId"`
	Summary     string                 `json:"summary"`
	Tags        []string               `json:"tags"`
	Security    *[]map[string][]string `json:"security"`
	Parameters  []docParameter         `json:"parameters"`
	OpenQuery   bool                   `json:"x-open-query"`
	RequestBody json.RawMessage        `json:"requestBody"`
	Responses   map[string]struct {
		Content map[string]json.RawMessage `json:"content"`
	} `json:"responses"`
}

type docParameter struct {
	Ref    string `json:"$ref"`
	Name   string `json:"name"`
	In     string `json:"in"`
	Schema struct {
		Type any `json:"type"`
	} `json:"schema"`
}

// documentURL names the document to the schema compiler; nothing is fetched.
const documentURL = "mem:///openapi.json"

func newContract(body []byte) (*contract, error) {
	c := &contract{operations: map[string]*operation{}}
	if err := json.Unmarshal(body, &c.doc); err != nil {
		return nil, fmt.Errorf("API document: %w", err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("API document: %w", err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	if err := compiler.AddResource(documentURL, value); err != nil {
		return nil, fmt.Errorf("API document: %w", err)
	}
	for path, raw := range c.doc.Paths {
		if err := c.addPath(compiler, path, raw); err != nil {
			return nil, fmt.Errorf("API document: %s: %w", path, err)
		}
	}
	return c, nil
}

func (c *contract) addPath(compiler *jsonschema.Compiler, path string, raw json.RawMessage) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return err
	}
	for method, raw := range members {
		if method == "parameters" { // path parameters only: see checkPath
			continue
		}
		var d docOperation
		if err := json.Unmarshal(raw, &d); err != nil {
			return fmt.Errorf("%s: %w", method, err)
		}
		op, err := c.newOperation(compiler, path, method, d)
		if err != nil {
			return fmt.Errorf("%s: %w", method, err)
		}
		c.operations[op.method+" "+ginRoute(path)] = op
	}
	return nil
}

func (c *contract) newOperation(compiler *jsonschema.Compiler, path, method string, d docOperation) (*operation, error) {
	security := c.doc.Security
	if d.Security != nil {
		security = *d.Security
	}
	op := &operation{
		id: d.OperationID, method: strings.ToUpper(method), path: path, summary: d.Summary,
		access: readAccess(security), open: d.OpenQuery, query: map[string]*parameter{},
	}
	if len(d.Tags) > 0 {
		op.tag = d.Tags[0]
	}
	_, op.stream = d.Responses["200"].Content["text/event-stream"]
	op.mutating = op.method == "POST" || op.method == "PUT" || op.method == "PATCH"
	at := documentURL + "#/paths/" + pointer(path) + "/" + method
	for i, p := range d.Parameters {
		where := fmt.Sprintf("%s/parameters/%d", at, i)
		if p.Ref != "" {
			where = documentURL + p.Ref
			p = c.doc.Components.Parameters[p.Ref[strings.LastIndexByte(p.Ref, '/')+1:]]
		}
		if p.In != "query" {
			continue
		}
		schema, err := compiler.Compile(where + "/schema")
		if err != nil {
			return nil, fmt.Errorf("parameter %s: %w", p.Name, err)
		}
		kind, _ := p.Schema.Type.(string)
		op.query[p.Name] = &parameter{kind: kind, schema: schema}
	}
	if len(d.RequestBody) == 0 {
		return op, nil
	}
	var body struct {
		Content map[string]json.RawMessage `json:"content"`
	}
	err := json.Unmarshal(d.RequestBody, &body)
	if _, isJSON := body.Content["application/json"]; err != nil || !isJSON {
		op.raw = true
		return op, err
	}
	op.body, err = compiler.Compile(at + "/requestBody/content/application~1json/schema")
	return op, err
}

// pointer writes a path as one step of a JSON pointer inside a URL fragment.
func pointer(path string) string {
	return strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(path)
}

// ginRoute writes a path of the document as gin does.
func ginRoute(path string) string {
	return strings.NewReplacer("{", ":", "}", "").Replace(path)
}

// operation is the one the request's route belongs to, nil for none.
func (s *server) operation(c *gin.Context) *operation {
	return s.contract.operations[c.Request.Method+" "+c.FullPath()]
}

// operationName names the route in logs, never the address with its ids.
func operationName(c *gin.Context) string { return c.Request.Method + " " + c.FullPath() }
