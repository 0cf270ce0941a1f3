package httpapi

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
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

// docsSection is the operations of one tag.
type docsSection struct {
	Name, Description string
	Operations        []docsOperation
}

type docsOperation struct {
	Method, Path, Summary, Access string
	Query                         []string
}

// docsPage writes the document as one page that needs nothing else.
func docsPage(c *contract) ([]byte, error) {
	page, err := template.New("docs").Parse(docsSource)
	if err != nil {
		return nil, fmt.Errorf("docs page: %w", err)
	}
	var sections []docsSection
	for _, tag := range c.doc.Tags {
		sections = append(sections, docsSection{tag.Name, tag.Description, c.docsOperations(tag.Name)})
	}
	var b bytes.Buffer
	err = page.Execute(&b, map[string]any{
		"Title": c.doc.Info.Title, "Description": strings.Split(c.doc.Info.Description, "\n\n"),
		"Style": template.CSS(docsStyle), "Sections": sections, //nolint:gosec // our own style sheet
	})
	if err != nil {
		return nil, fmt.Errorf("docs page: %w", err)
	}
	return b.Bytes(), nil
}

func (c *contract) docsOperations(tag string) []docsOperation {
	var list []docsOperation
	for _, op := range c.operations {
		if op.tag != tag {
			continue
		}
		view := docsOperation{Method: op.method, Path: op.path, Summary: op.summary, Access: op.access.String()}
		for name := range op.query {
			view.Query = append(view.Query, name)
		}
		slices.Sort(view.Query)
		list = append(list, view)
	}
	slices.SortFunc(list, func(a, b docsOperation) int {
		return strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method)
	})
	return list
}

// GetDocs implements GET /docs.
func (s *server) GetDocs(c *gin.Context) {
	sum := sha256.Sum256([]byte(docsStyle))
	c.Header("Content-Security-Policy",
		"default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'; frame-ancestors 'none'; base-uri 'none'")
	c.Data(http.StatusOK, "text/html; charset=utf-8", s.docs)
}
