package archtest

import (
	"bytes"
	"fmt"
	"go/ast"
	"maps"
	"path"
	"slices"
	"strings"
)

// packageComments checks that every package says what it is.
func packageComments(t *tree) []string {
	documented := map[string]bool{}
	for _, f := range t.files {
		if !f.test {
			documented[f.pkg] = documented[f.pkg] || f.ast.Doc != nil && strings.TrimSpace(f.ast.Doc.Text()) != ""
		}
	}
	var wrong []string
	for _, pkg := range slices.Sorted(maps.Keys(documented)) {
		if !documented[pkg] {
			wrong = append(wrong, pkg+": the package has no comment; say in doc.go what it is for")
		}
	}
	return wrong
}

// documentation checks that exported names say what they are.
func documentation(t *tree) []string {
	var wrong []string
	for _, f := range t.files {
		if f.test || f.generated || f.ast.Name.Name == "main" {
			continue
		}
		for _, decl := range f.ast.Decls {
			for _, name := range undocumented(decl) {
				wrong = append(wrong, fmt.Sprintf("%s: %s is exported and has no comment", f.fset.Position(name.Pos()), name.Name))
			}
		}
	}
	return wrong
}

// undocumented lists the exported names of a declaration without a comment.
func undocumented(decl ast.Decl) []*ast.Ident {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Doc == nil && d.Name.IsExported() && exportedReceiver(d) {
			return []*ast.Ident{d.Name}
		}
	case *ast.GenDecl:
		var names []*ast.Ident
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				if d.Doc == nil && s.Doc == nil && s.Comment == nil && s.Name.IsExported() {
					names = append(names, s.Name)
				}
			case *ast.ValueSpec:
				for _, name := range s.Names {
					if d.Doc == nil && s.Doc == nil && s.Comment == nil && name.IsExported() {
						names = append(names, name)
					}
				}
			}
		}
		return names
	}
	return nil
}

// exportedReceiver tells whether a function is a plain one, or the method of a
// type that others can see.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return true
	}
	t := d.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return false
		}
	}
}

// names checks that packages and files are called after their subject.
func names(t *tree) []string {
	var wrong []string
	for _, f := range t.files {
		base := strings.TrimSuffix(strings.TrimSuffix(path.Base(f.path), ".go"), "_test")
		for _, word := range []string{path.Base(f.pkg), f.ast.Name.Name, base} {
			if slices.Contains(vague, word) {
				wrong = append(wrong, fmt.Sprintf("%s: the name %q says nothing of what is inside", f.path, word))
			}
		}
	}
	return wrong
}

// lengths checks that no file grows out of hand.
func lengths(t *tree) []string {
	var wrong []string
	for _, f := range t.files {
		if !f.generated && f.lines > maxLines {
			wrong = append(wrong, fmt.Sprintf("%s has %d lines, more than %d; it has more than one subject", f.path, f.lines, maxLines))
		}
	}
	return wrong
}

// noInit checks that importing a package does nothing.
func noInit(t *tree) []string {
	var wrong []string
	for _, f := range t.files {
		for _, decl := range f.ast.Decls {
			if d, ok := decl.(*ast.FuncDecl); ok && d.Recv == nil && d.Name.Name == "init" {
				wrong = append(wrong, fmt.Sprintf("%s: no init functions", f.fset.Position(d.Pos())))
			}
		}
	}
	return wrong
}

// words checks that no file holds a forbidden one.
func words(t *tree) []string {
	var wrong []string
	for _, file := range t.texts {
		for _, word := range forbidden {
			at := bytes.Index(file.content, []byte(word))
			if at >= 0 {
				line := 1 + bytes.Count(file.content[:at], []byte("\n"))
				wrong = append(wrong, fmt.Sprintf("%s:%d holds %q", file.path, line, word))
			}
		}
	}
	return wrong
}
