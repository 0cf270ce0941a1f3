package slack

import (
	"strings"

	"github.com/kyokomi/emoji/v2"
)

// plain turns Slack's marked-up text into what people see: names for mentions,
// addresses for links, characters for emoji.
func plain(text string) string {
	if !strings.ContainsAny(text, "<&:") {
		return text
	}
	var w strings.Builder
	for rest := text; rest != ""; {
		before, after, found := strings.Cut(rest, "<")
		w.WriteString(withEmoji(unescaped(before)))
		if !found {
			break
		}
		token, next, closed := strings.Cut(after, ">")
		if !closed {
			w.WriteString(withEmoji(unescaped("<" + after)))
			break
		}
		w.WriteString(shown(token))
		rest = next
	}
	return w.String()
}

// shown is what people see of a token in angle brackets.
func shown(token string) string {
	target, label, _ := strings.Cut(token, "|")
	target, label = unescaped(target), unescaped(label)
	switch {
	case target == "":
		return "<" + token + ">"
	case target[0] == '@' || target[0] == '#':
		if label != "" {
			return target[:1] + strings.TrimLeft(label, "@#")
		}
		return target
	case target[0] == '!':
		if label != "" {
			return label
		}
		name, _, _ := strings.Cut(target[1:], "^")
		return "@" + name
	}
	_, address, schemed := strings.Cut(target, ":")
	bare := strings.TrimSuffix(strings.TrimPrefix(address, "//"), "/")
	switch {
	case label == "" || label == target:
		return target
	case schemed && strings.TrimSuffix(label, "/") == bare:
		if strings.HasPrefix(address, "//") {
			return target
		}
		return label // an e-mail address or a number
	}
	return label + " (" + target + ")"
}

func unescaped(s string) string {
	if !strings.Contains(s, "&") {
		return s
	}
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(s)
}

// escaped marks the three characters that would be taken for markup.
func escaped(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// withEmoji replaces :names: that are emoji; all others, such as a workspace's
// own, stay.
func withEmoji(text string) string {
	if strings.Count(text, ":") < 2 {
		return text
	}
	var w strings.Builder
	for {
		start := strings.IndexByte(text, ':')
		if start < 0 {
			break
		}
		end := strings.IndexByte(text[start+1:], ':')
		if end < 0 {
			break
		}
		end += start + 1
		name := text[start+1 : end]
		sign, known := "", false
		if start == 0 || !alphanumeric(text[start-1]) {
			sign, known = lookUp(name)
		}
		if !known {
			w.WriteString(text[:end])
			text = text[end:]
			continue
		}
		w.WriteString(text[:start])
		text = text[end+1:]
		if tone, rest, ok := strings.Cut(strings.TrimPrefix(text, ":"), ":"); ok && strings.HasPrefix(text, ":skin-tone-") {
			sign, text = sign+skinTone(tone), rest
		}
		w.WriteString(sign)
	}
	w.WriteString(text)
	return w.String()
}

func alphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func lookUp(name string) (string, bool) {
	if name == "" || strings.ContainsAny(name, " \n") {
		return "", false
	}
	sign, ok := emoji.CodeMap()[":"+name+":"]
	return strings.TrimSpace(sign), ok
}

// skinTone is the modifier of the name skin-tone-2 to skin-tone-6.
func skinTone(name string) string {
	digit := strings.TrimPrefix(name, "skin-tone-")
	if len(digit) != 1 || digit[0] < '2' || digit[0] > '6' {
		return ""
	}
	return string(rune(0x1F3FB + int(digit[0]-'2')))
}

// emojiOf is what a reaction looks like, :name: for one of the workspace's own.
func emojiOf(name string) string {
	base, tone, _ := strings.Cut(name, "::")
	sign, ok := lookUp(base)
	if !ok {
		return ":" + shortened(base) + ":"
	}
	return sign + skinTone(tone)
}

// nameOf is Slack's name for an emoji, or for a :name: given as such.
func nameOf(sign string) (string, bool) {
	if name, ok := strings.CutPrefix(sign, ":"); ok {
		name, ok = strings.CutSuffix(name, ":")
		return name, ok && name != "" && !strings.ContainsAny(name, ": \n")
	}
	tone := ""
	base := strings.Map(func(r rune) rune {
		if r >= 0x1F3FB && r <= 0x1F3FF {
			tone = "::skin-tone-" + string(rune('2'+r-0x1F3FB))
			return -1
		}
		return r
	}, sign)
	bare := strings.TrimSuffix(base, "\uFE0F")
	if name := slackName(bare); name != "" {
		return name + tone, true
	}
	names := emoji.RevCodeMap()
	for _, form := range []string{base, bare + "\uFE0F", bare} {
		if all := names[form]; len(all) > 0 {
			return strings.Trim(all[0], ":") + tone, true
		}
	}
	return "", false
}

// slackName is the name of emoji that Slack calls otherwise than most do.
func slackName(sign string) string {
	return map[string]string{
		"❤": "heart", "🤗": "hugging_face", "🤔": "thinking_face", "🙄": "face_with_rolling_eyes",
		"🤣": "rolling_on_the_floor_laughing", "🤦": "face_palm", "🤩": "star-struck", "🤮": "face_vomiting",
		"🤬": "face_with_symbols_on_mouth", "🧐": "face_with_monocle", "☹": "white_frowning_face", "🤨": "face_with_raised_eyebrow",
		"🤭": "face_with_hand_over_mouth", "🙃": "upside_down_face", "🤫": "shushing_face", "🤘": "the_horns",
	}[sign]
}
