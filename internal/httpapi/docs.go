package httpapi

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
)

//go:embed docs.html
var docsSource string

//go:embed docs.css
var docsStyle string

//go:embed docs.js
var docsScript string

// docsSection is the operations of one tag.
type docsSection struct {
	Name, Description string
	Operations        []docsOperation
}

// docsOperation is an operation as the page shows it.
type docsOperation struct {
	ID, Method, Path, Summary, Access string
	Description                       []string // by paragraph
	Parameters                        []docsField
	Body                              []docsContent
	Responses                         []docsResponse
}

// docsResponse is what may be answered.
type docsResponse struct {
	Status, Description string
	Content             []docsContent
}

// docsContent is what a body is, in one media type.
type docsContent struct {
	Media  string
	Type   []docsType
	Fields []docsField // of an object that has no name of its own
}

// docsPage writes the document as one page that needs nothing else.
func docsPage(c *contract, document []byte) ([]byte, error) {
	page, err := template.New("docs").Funcs(template.FuncMap{"prose": prose}).Parse(docsSource)
	if err != nil {
		return nil, fmt.Errorf("docs page: %w", err)
	}
	var doc docsDocument
	if err := json.Unmarshal(document, &doc); err != nil {
		return nil, fmt.Errorf("docs page: %w", err)
	}
	var sections []docsSection
	for _, tag := range c.doc.Tags {
		sections = append(sections, docsSection{tag.Name, tag.Description, c.docsOperations(&doc, tag.Name)})
	}
	var b bytes.Buffer
	err = page.Execute(&b, map[string]any{
		"Title": c.doc.Info.Title, "Description": paragraphs(c.doc.Info.Description), "Sections": sections, "Schemas": doc.schemas(),
		"Style":  template.CSS(docsStyle), //nolint:gosec // our own style sheet
		"Script": template.JS(docsScript), //nolint:gosec // our own script
	})
	if err != nil {
		return nil, fmt.Errorf("docs page: %w", err)
	}
	return b.Bytes(), nil
}

func (c *contract) docsOperations(doc *docsDocument, tag string) []docsOperation {
	var list []docsOperation
	for _, op := range c.operations {
		if op.tag != tag {
			continue
		}
		path := doc.Paths[op.path]
		said := path.operation(op.method)
		view := docsOperation{
			ID: op.id, Method: op.method, Path: op.path, Summary: op.summary, Access: op.access.String(), Description: paragraphs(said.Description),
		}
		for _, p := range append(slices.Clone(path.Parameters), said.Parameters...) {
			view.Parameters = append(view.Parameters, doc.parameter(p))
		}
		if said.RequestBody != nil {
			view.Body = doc.contents(said.RequestBody.Content)
		}
		for status, r := range said.Responses {
			r = doc.response(r)
			view.Responses = append(view.Responses, docsResponse{status, r.Description, doc.contents(r.Content)})
		}
		slices.SortFunc(view.Responses, func(a, b docsResponse) int { return strings.Compare(a.Status, b.Status) })
		list = append(list, view)
	}
	slices.SortFunc(list, func(a, b docsOperation) int {
		return strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method)
	})
	return list
}

// paragraphs are the parts of a text that an empty line stands between.
func paragraphs(text string) []string {
	var list []string
	for part := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

// prose is a text of the document's with what stands in backquotes set as code.
func prose(text string) template.HTML {
	parts := strings.Split(template.HTMLEscapeString(text), "`")
	for i := 1; i+1 < len(parts); i += 2 {
		parts[i] = "<code>" + parts[i] + "</code>"
	}
	if len(parts)%2 == 0 { // one without a partner stays
		parts[len(parts)-1] = "`" + parts[len(parts)-1]
	}
	return template.HTML(strings.Join(parts, "")) //nolint:gosec // escaped above
}

// GetDocs implements GET /docs.
func (s *server) GetDocs(c *gin.Context) {
	page, err := s.docs()
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Content-Security-Policy", "default-src 'none'; style-src "+sourceOf(docsStyle)+"; script-src "+sourceOf(docsScript)+
		"; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'")
	c.Data(http.StatusOK, "text/html; charset=utf-8", page)
}

// sourceOf allows one text in a content security policy.
func sourceOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
