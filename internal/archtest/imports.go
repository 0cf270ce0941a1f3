package archtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ruleFor finds the most exact rule for a package.
func ruleFor(pkg string) (rule, bool) {
	var best rule
	for _, r := range rules {
		if r.pkg == pkg {
			return r, true
		}
		if matches(r.pkg, pkg) {
			best = r
		}
	}
	return best, best.pkg != ""
}

// importTable checks imports inside the module against the table.
func importTable(t *tree) []string {
	var wrong []string
	for _, f := range t.files {
		r, ok := ruleFor(f.pkg)
		if !ok {
			wrong = append(wrong, fmt.Sprintf("%s: package %s has no line in the import table (internal/archtest/rules.go)", f.path, f.pkg))
			continue
		}
		for _, p := range slices.Sorted(maps.Keys(f.imports())) {
			imported, ok := internalPath(p)
			if !ok || f.test && imported == f.pkg {
				continue
			}
			allowed := matchesAny(r.may, imported) || f.test && matchesAny(r.tests, imported)
			switch {
			case !allowed:
				wrong = append(wrong, fmt.Sprintf("%s: %s must not import %s", f.path, f.pkg, imported))
			case estranged(f.pkg, imported):
				wrong = append(wrong, fmt.Sprintf("%s: %s and %s never meet", f.path, f.pkg, imported))
			case imported == onlyCommands && !matches("cmd/*", f.pkg):
				wrong = append(wrong, fmt.Sprintf("%s: only commands import %s", f.path, imported))
			}
		}
	}
	return wrong
}

func estranged(pkg, imported string) bool {
	return slices.ContainsFunc(strangers, func(pair [2]string) bool {
		return matches(pair[0], pkg) && matches(pair[1], imported)
	})
}

// libraryUse checks that libraries stay where they belong.
func libraryUse(t *tree) []string {
	var wrong []string
	for _, f := range t.files {
		if f.test {
			continue
		}
		for _, p := range slices.Sorted(maps.Keys(f.imports())) {
			for _, library := range slices.Sorted(maps.Keys(libraries)) {
				if (p == library || strings.HasPrefix(p, library+"/")) && !matchesAny(libraries[library], f.pkg) {
					wrong = append(wrong, fmt.Sprintf("%s: %s must not use %s; it belongs to %v", f.path, f.pkg, library, libraries[library]))
				}
			}
		}
	}
	return wrong
}

// purity checks that pure packages do no I/O, read no clock and stay with the
// standard library.
func purity(t *tree) []string {
	var wrong []string
	for _, f := range t.files {
		allowed, isPure := pureLibraries(f.pkg)
		if f.test || !isPure {
			continue
		}
		for _, p := range slices.Sorted(maps.Keys(f.imports())) {
			_, ours := internalPath(p)
			switch {
			case slices.Contains(impure, p):
				wrong = append(wrong, fmt.Sprintf("%s: %s does no I/O and must not import %s", f.path, f.pkg, p))
			case !ours && !standard(p) && !slices.Contains(allowed, p):
				wrong = append(wrong, fmt.Sprintf("%s: %s must not use %s", f.path, f.pkg, p))
			}
		}
		for _, p := range slices.Sorted(maps.Keys(clock)) {
			for _, use := range f.uses(p, clock[p]) {
				wrong = append(wrong, use+", but the package reads no clock")
			}
		}
	}
	return wrong
}

func pureLibraries(pkg string) (allowed []string, isPure bool) {
	if matchesAny([]string{"connectors/conntest", "connectors/all"}, pkg) {
		return nil, false
	}
	if libs, ok := pure[pkg]; ok {
		return libs, true
	}
	for pattern, libs := range pure {
		if matches(pattern, pkg) {
			return libs, true
		}
	}
	return nil, false
}

// callsOut checks that nobody but egress makes connections.
func callsOut(t *tree) []string {
	var wrong []string
	for _, f := range t.files {
		if f.test || matchesAny(dialers, f.pkg) {
			continue
		}
		for _, p := range slices.Sorted(maps.Keys(dialling)) {
			for _, use := range f.uses(p, dialling[p]) {
				wrong = append(wrong, use+", but only internal/egress calls out")
			}
		}
	}
	return wrong
}
