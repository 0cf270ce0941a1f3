package expression

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"net/url"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	lru "github.com/hashicorp/golang-lru/v2"
)

// functions are those that expressions have beyond the language's own. They
// look at the size of what they are to make before they make it, which the
// library's extensions do not, and which its cost limit comes too late for.
type functions struct {
	compiled *lru.Cache[string, *pattern]
}

func newFunctions() (*functions, error) {
	compiled, err := lru.New[string, *pattern](patternsKept)
	if err != nil {
		return nil, err
	}
	return &functions{compiled: compiled}, nil
}

// texted is a function of texts that answers a value.
type texted struct {
	name   string
	member bool // text.name(…) instead of name(text, …)
	args   int
	result *cel.Type
	do     func(args []string) (ref.Val, error)
}

func (f *functions) list() []texted {
	text := func(do func(a []string) (string, error)) func([]string) (ref.Val, error) {
		return func(a []string) (ref.Val, error) {
			s, err := do(a)
			return types.String(s), err
		}
	}
	simple := func(do func(string) string) func([]string) (ref.Val, error) {
		return text(func(a []string) (string, error) { return do(a[0]), nil })
	}
	return []texted{
		{"lowerAscii", true, 1, cel.StringType, simple(lowerASCII)},
		{"upperAscii", true, 1, cel.StringType, simple(upperASCII)},
		{"trim", true, 1, cel.StringType, simple(strings.TrimSpace)},
		{"indexOf", true, 2, cel.IntType, func(a []string) (ref.Val, error) { return types.Int(runeIndex(a[0], strings.Index(a[0], a[1]))), nil }},
		{"lastIndexOf", true, 2, cel.IntType, func(a []string) (ref.Val, error) {
			return types.Int(runeIndex(a[0], strings.LastIndex(a[0], a[1]))), nil
		}},
		{"replace", true, 3, cel.StringType, text(func(a []string) (string, error) { return replace(a[0], a[1], a[2]) })},
		{"split", true, 2, cel.ListType(cel.StringType), func(a []string) (ref.Val, error) { return split(a[0], a[1]) }},
		{"matches", true, 2, cel.BoolType, f.matches},
		{"urlEncode", false, 1, cel.StringType, simple(url.QueryEscape)},
		{"base64Encode", false, 1, cel.StringType, simple(func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) })},
		{"base64Decode", false, 1, cel.StringType, text(func(a []string) (string, error) { return decodeBase64(a[0]) })},
		{"sha256Hex", false, 1, cel.StringType, simple(sha256Hex)},
		{"hmacHex", false, 3, cel.StringType, text(func(a []string) (string, error) {
			sum, err := mac(a)
			return hex.EncodeToString(sum), err
		})},
		{"hmacBase64", false, 3, cel.StringType, text(func(a []string) (string, error) {
			sum, err := mac(a)
			return base64.StdEncoding.EncodeToString(sum), err
		})},
		{"fromJson", false, 1, cel.DynType, fromJSON},
	}
}

// options declare the functions.
func (f *functions) options() []cel.EnvOption {
	var out []cel.EnvOption
	for _, t := range f.list() {
		args := slices.Repeat([]*cel.Type{cel.StringType}, t.args)
		id := "threadhub_" + t.name
		binding := cel.FunctionBinding(t.bind())
		if t.args == 1 {
			one := t.bind()
			binding = cel.UnaryBinding(func(v ref.Val) ref.Val { return one(v) })
		} else if t.args == 2 {
			two := t.bind()
			binding = cel.BinaryBinding(func(a, b ref.Val) ref.Val { return two(a, b) })
		}
		overload := cel.Overload(id, args, t.result, binding)
		if t.member {
			overload = cel.MemberOverload(id, args, t.result, binding)
		}
		out = append(out, cel.Function(t.name, overload))
	}
	return append(out,
		cel.Function("substring",
			cel.MemberOverload("threadhub_substring", []*cel.Type{cel.StringType, cel.IntType}, cel.StringType,
				cel.BinaryBinding(func(s, from ref.Val) ref.Val { return substring(s, from, types.Int(-1)) })),
			cel.MemberOverload("threadhub_substring_to", []*cel.Type{cel.StringType, cel.IntType, cel.IntType}, cel.StringType,
				cel.FunctionBinding(func(a ...ref.Val) ref.Val { return substring(a[0], a[1], a[2]) }))),
		cel.Function("join", cel.MemberOverload("threadhub_join", []*cel.Type{cel.ListType(cel.DynType), cel.StringType}, cel.StringType, cel.BinaryBinding(join))),
		cel.Function("flatten", cel.MemberOverload("threadhub_flatten", []*cel.Type{cel.ListType(cel.DynType)}, cel.ListType(cel.DynType), cel.UnaryBinding(flatten))),
		cel.Function("toJson", cel.Overload("threadhub_toJson", []*cel.Type{cel.DynType}, cel.StringType, cel.UnaryBinding(func(v ref.Val) ref.Val {
			text, err := encoded(v)
			return answer(types.String(text), err)
		}))),
	)
}

// bind makes a function of the library's kind: texts of a bounded size in, a
// value of a bounded size out.
func (t texted) bind() func(...ref.Val) ref.Val {
	return func(args ...ref.Val) ref.Val {
		texts := make([]string, len(args))
		for i, a := range args {
			s, ok := a.(types.String)
			if !ok {
				return types.MaybeNoSuchOverloadErr(a)
			}
			if len(s) > MaxText {
				return types.NewErr("%s takes texts of at most %d bytes", t.name, MaxText)
			}
			texts[i] = string(s)
		}
		v, err := t.do(texts)
		if s, ok := v.(types.String); ok && err == nil && len(s) > MaxText {
			err = tooLong(t.name)
		}
		return answer(v, err)
	}
}

func answer(v ref.Val, err error) ref.Val {
	if err != nil {
		return types.NewErrFromString(err.Error())
	}
	return v
}

func tooLong(name string) error {
	return fmt.Errorf("%s would make a text of more than %d bytes", name, MaxText)
}

// trackers price what the functions do by what they read: 1 for 16 bytes or one
// value, and a pattern by its steps.
func (f *functions) trackers() []cost.TrackerOption {
	price := func(args []ref.Val, result ref.Val) *uint64 {
		total := uint64(1)
		for _, v := range append(slices.Clone(args), result) {
			switch x := v.(type) {
			case types.String:
				total += uint64(len(x)) / 16
			case traits.Sizer:
				if n, ok := x.Size().(types.Int); ok {
					total += uint64(n)
				}
			}
		}
		return &total
	}
	var out []cost.TrackerOption
	for _, t := range f.list() {
		if t.name != "matches" {
			out = append(out, cost.OverloadTracker("threadhub_"+t.name, price))
		}
	}
	for _, id := range []string{"threadhub_substring", "threadhub_substring_to", "threadhub_join", "threadhub_flatten", "threadhub_toJson"} {
		out = append(out, cost.OverloadTracker(id, price))
	}
	return append(out, cost.OverloadTracker("threadhub_matches", f.priceMatch))
}

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

func upperASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}, s)
}

func runeIndex(s string, at int) int {
	if at < 0 {
		return -1
	}
	return len([]rune(s[:at]))
}

func replace(s, old, by string) (string, error) {
	n := strings.Count(s, old)
	if grown := len(s) + n*(len(by)-len(old)); grown > MaxText {
		return "", tooLong("replace")
	}
	return strings.ReplaceAll(s, old, by), nil
}

func split(s, sep string) (ref.Val, error) {
	if strings.Count(s, sep) >= MaxValues {
		return nil, fmt.Errorf("split would make more than %d texts", MaxValues)
	}
	return types.DefaultTypeAdapter.NativeToValue(strings.Split(s, sep)), nil
}

func decodeBase64(s string) (string, error) {
	s = strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(s), "=")
	raw, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil {
		return "", errors.New("base64Decode: this is not base64")
	}
	return strings.ToValidUTF8(string(raw), "\uFFFD"), nil
}

func sha256Hex(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// mac is the HMAC of a message: algorithm, key, message.
func mac(a []string) ([]byte, error) {
	algorithms := map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New}
	algorithm, ok := algorithms[a[0]]
	if !ok {
		return nil, errors.New("the algorithm of an HMAC is sha1, sha256, sha384 or sha512")
	}
	m := hmac.New(algorithm, []byte(a[1]))
	m.Write([]byte(a[2]))
	return m.Sum(nil), nil
}

func fromJSON(a []string) (ref.Val, error) {
	doc, err := DecodeJSON([]byte(a[0]))
	if err != nil {
		return nil, fmt.Errorf("fromJson: %w", err)
	}
	return types.DefaultTypeAdapter.NativeToValue(doc), nil
}

// substring answers the characters from one place up to another, to the end
// when that is negative. Places beyond the end are the end.
func substring(s, from, to ref.Val) ref.Val {
	text, ok1 := s.(types.String)
	first, ok2 := from.(types.Int)
	last, ok3 := to.(types.Int)
	if !ok1 || !ok2 || !ok3 {
		return types.MaybeNoSuchOverloadErr(s)
	}
	if len(text) > MaxText {
		return types.NewErr("substring takes texts of at most %d bytes", MaxText)
	}
	runes := []rune(string(text))
	end := types.Int(len(runes))
	if last < 0 || last > end {
		last = end
	}
	first = min(max(first, 0), last)
	return types.String(string(runes[first:last]))
}

func join(list, sep ref.Val) ref.Val {
	l, ok1 := list.(traits.Lister)
	by, ok2 := sep.(types.String)
	if !ok1 || !ok2 {
		return types.MaybeNoSuchOverloadErr(list)
	}
	var w strings.Builder
	for it, first := l.Iterator(), true; it.HasNext() == types.True; first = false {
		text, err := Value{it.Next()}.Text()
		if err != nil {
			return types.NewErr("join: %v", err)
		}
		if w.Len()+len(by)+len(text) > MaxText {
			return answer(nil, tooLong("join"))
		}
		if !first {
			w.WriteString(string(by))
		}
		w.WriteString(text)
	}
	return types.String(w.String())
}

// flatten answers the elements of a list's lists, and its other elements.
func flatten(list ref.Val) ref.Val {
	l, ok := list.(traits.Lister)
	if !ok {
		return types.MaybeNoSuchOverloadErr(list)
	}
	var out []ref.Val
	add := func(v ref.Val) bool {
		out = append(out, v)
		return len(out) <= MaxValues
	}
	for it := l.Iterator(); it.HasNext() == types.True; {
		element := it.Next()
		inner, ok := element.(traits.Lister)
		if !ok {
			if !add(element) {
				return types.NewErr("flatten would make a list of more than %d", MaxValues)
			}
			continue
		}
		for each := inner.Iterator(); each.HasNext() == types.True; {
			if !add(each.Next()) {
				return types.NewErr("flatten would make a list of more than %d", MaxValues)
			}
		}
	}
	return types.NewRefValList(types.DefaultTypeAdapter, out)
}
