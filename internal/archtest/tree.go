package archtest

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// tree is the parsed source of a module.
type tree struct {
	files []source
	texts []text
}

// source is one Go file.
type source struct {
	path      string // from the module's root, with slashes
	pkg       string // its directory; "." is the root
	test      bool
	generated bool
	lines     int
	ast       *ast.File
	fset      *token.FileSet
}

// text is any file that is not binary.
type text struct {
	path    string
	content []byte
}

// unread are names in the root that hold no sources.
var unread = []string{".git", "bin", "data", "node_modules"}

// read parses the module below root. Go files in nested modules and testdata
// are kept as texts only.
func read(root fs.FS) (*tree, error) {
	t := &tree{}
	var foreign []string // directories whose Go files are not ours
	err := fs.WalkDir(root, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains(unread, p) || d.Name() == "node_modules" {
				return fs.SkipDir
			}
			_, noModule := fs.Stat(root, path.Join(p, "go.mod"))
			if p != "." && (noModule == nil || d.Name() == "testdata") {
				foreign = append(foreign, p+"/")
			}
			return nil
		}
		if !d.Type().IsRegular() || slices.Contains(unread, p) {
			return nil // in a linked work tree .git is a file
		}
		content, err := fs.ReadFile(root, p)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // removed since the directory was read
		}
		if err != nil {
			return err
		}
		return t.add(p, content, slices.ContainsFunc(foreign, func(dir string) bool { return strings.HasPrefix(p, dir) }))
	})
	if err != nil {
		return nil, fmt.Errorf("read the tree: %w", err)
	}
	return t, nil
}

func (t *tree) add(p string, content []byte, foreign bool) error {
	if bytes.IndexByte(content[:min(len(content), 8000)], 0) < 0 {
		t.texts = append(t.texts, text{p, content})
	}
	if foreign || !strings.HasSuffix(p, ".go") {
		return nil
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, p, content, parser.ParseComments)
	if err != nil {
		return err
	}
	t.files = append(t.files, source{
		path: p, pkg: path.Dir(p), test: strings.HasSuffix(p, "_test.go"), generated: ast.IsGenerated(file),
		lines: bytes.Count(content, []byte("\n")), ast: file, fset: fset,
	})
	return nil
}

// imports answers the paths a file imports, with the name each goes by.
func (s source) imports() map[string]string {
	all := map[string]string{}
	for _, spec := range s.ast.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has seen to it that this cannot be
		}
		name := path.Base(p)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		all[p] = name
	}
	return all
}

// uses lists where the file mentions one of the given names of a package.
func (s source) uses(pkgPath string, names []string) []string {
	local, ok := s.imports()[pkgPath]
	if !ok {
		return nil
	}
	var found []string
	ast.Inspect(s.ast, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if id, ok := sel.X.(*ast.Ident); ok && id.Name == local && id.Obj == nil && slices.Contains(names, sel.Sel.Name) {
			found = append(found, fmt.Sprintf("%s uses %s.%s", s.fset.Position(sel.Pos()), pkgPath, sel.Sel.Name))
		}
		return true
	})
	return found
}

// internalPath is the path inside this module of an import of it.
func internalPath(importPath string) (string, bool) {
	return strings.CutPrefix(importPath, module+"/")
}

// standard tells whether an import is of the standard library.
func standard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".") && first != module
}

// matches tells whether a package path is meant by a pattern.
func matches(pattern, pkg string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "**"); ok {
		return prefix == "" || pkg == strings.TrimSuffix(prefix, "/") || strings.HasPrefix(pkg, prefix)
	}
	ok, err := path.Match(pattern, pkg)
	return err == nil && ok
}

func matchesAny(patterns []string, pkg string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, pkg) })
}
