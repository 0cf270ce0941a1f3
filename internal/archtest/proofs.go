package archtest

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"
)

// comparing are what compares or checks a proof in a time that tells nothing
// of it.
var comparing = []string{
	"hmac.Equal", "subtle.ConstantTimeCompare", "ed25519.Verify", "rsa.VerifyPKCS1v15", "meta.Verify",
	"Equal", // of connectors.Secret: see hasty
}

// hasty are comparisons that stop at the first difference.
var hasty = []string{"bytes.Equal", "bytes.Compare", "strings.EqualFold", "reflect.DeepEqual"}

// proofs checks that connectors compare secrets and signatures in constant time:
// the file in which they verify names what does so and nothing that does not.
func proofs(t *tree) []string {
	var wrong []string
	for _, f := range t.files {
		if f.test || !strings.HasPrefix(f.pkg, "connectors/") || !strings.HasSuffix(f.path, "/verify.go") {
			continue
		}
		good := false
		ast.Inspect(f.ast, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			name := called(call)
			if slices.Contains(hasty, name) {
				wrong = append(wrong, fmt.Sprintf("%s: %s stops at the first difference; compare proofs with connectors.Secret.Equal or hmac.Equal", f.fset.Position(call.Pos()), name))
			}
			good = good || slices.Contains(comparing, name)
			return true
		})
		if !good {
			wrong = append(wrong, f.path+": verifies without comparing anything in constant time; use connectors.Secret.Equal or hmac.Equal")
		}
	}
	return wrong
}

// called names what is called: "pkg.Func", or the method alone where what it is
// of is no plain name.
func called(call *ast.CallExpr) string {
	s, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	of, ok := s.X.(*ast.Ident)
	if full := ""; ok {
		full = of.Name + "." + s.Sel.Name
		if slices.Contains(hasty, full) || slices.Contains(comparing, full) {
			return full
		}
	}
	return s.Sel.Name
}
