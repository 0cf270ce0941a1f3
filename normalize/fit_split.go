package normalize

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// split cuts text into pieces of at most limit units, the last of them at most
// last units, at the best place there is: a paragraph, a line, a sentence, a
// space, or between two characters. White space around a cut is dropped. ok is
// false when it takes more than most pieces or a single character is too long.
func split(text string, unit Unit, limit, last, most int) (pieces []string, ok bool) {
	if unit.Len(text) <= last {
		return []string{text}, true
	}
	rest := strings.TrimSpace(text)
	for unit.Len(rest) > last {
		if len(pieces) == most {
			return nil, false
		}
		room := limit
		if n := unit.Len(rest); n <= limit {
			// The menu's own text must be short: leave it a good piece.
			room = n - (last+1)/2
		}
		cut := bestCut(rest, unit, room)
		if !clusterBoundary(rest, cut) || cut == 0 {
			cut = clusterCut(rest, unit, min(limit, unit.Len(rest)-1))
		}
		if cut == 0 {
			return nil, false
		}
		pieces = append(pieces, strings.TrimRightFunc(rest[:cut], unicode.IsSpace))
		rest = strings.TrimLeftFunc(rest[cut:], unicode.IsSpace)
	}
	if rest != "" {
		pieces = append(pieces, rest)
	}
	return pieces, len(pieces) <= most
}

// bestCut is where to cut the first piece of at most room units off s, which
// is longer than that: an index behind its last byte, 0 if nothing fits.
func bestCut(s string, unit Unit, room int) int {
	end := unitCut(s, unit, room)
	window := s[:end]
	// A piece that ends early for the sake of a paragraph should not be tiny.
	floor := end / 2
	if i := strings.LastIndex(window, "\n\n"); i > floor {
		return i
	}
	if i := strings.LastIndexByte(window, '\n'); i > floor {
		return i
	}
	if i := sentenceCut(s, end); i > floor {
		return i
	}
	if r, _ := utf8.DecodeRuneInString(s[end:]); unicode.IsSpace(r) {
		return end
	}
	if i := strings.LastIndexFunc(window, unicode.IsSpace); i > 0 {
		return i
	}
	return clusterCut(s, unit, room)
}

// sentenceCut is the end of the last sentence in s[:end], 0 if there is none.
func sentenceCut(s string, end int) int {
	last, after := 0, false
	for i, r := range s {
		if after && unicode.IsSpace(r) {
			last = i
		}
		if i >= end {
			break
		}
		switch r {
		case '.', '!', '?', '…', '؟', '।':
			after = true
		case '。', '！', '？': // no space follows these
			if i+utf8.RuneLen(r) <= end {
				last = i + utf8.RuneLen(r)
			}
			after = false
		case '"', '\'', ')', '”', '’', '»':
			// Closing marks belong to the sentence.
		default:
			after = false
		}
	}
	return last
}

// unitCut is the length in bytes of the longest run of whole runes at the
// beginning of s that is at most room units.
func unitCut(s string, unit Unit, room int) int {
	used := 0
	for i, r := range s {
		size := 1
		switch {
		case unit == Bytes:
			size = utf8.RuneLen(r)
		case unit == UTF16 && r > 0xFFFF:
			size = 2
		}
		if used += size; used > room {
			return i
		}
	}
	return len(s)
}

// clusterCut is like unitCut and does not cut inside what a reader sees as one
// character, unless that alone is longer than room.
func clusterCut(s string, unit Unit, room int) int {
	end := unitCut(s, unit, room)
	for i := end; i > 0; {
		if clusterBoundary(s, i) {
			return i
		}
		_, size := utf8.DecodeLastRuneInString(s[:i])
		i -= size
	}
	return end
}

// clusterBoundary tells whether s may be cut before byte i without tearing
// apart what is seen as one character. It knows the joins that matter in
// messages (Unicode UAX 29 in short): combining marks, emoji with modifiers,
// joined emoji, flags and Korean syllables written in letters.
func clusterBoundary(s string, i int) bool {
	if i <= 0 || i >= len(s) {
		return true
	}
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	after, _ := utf8.DecodeRuneInString(s[i:])
	const joiner = '\u200D'
	switch {
	case before == '\r' && after == '\n', before == joiner, after == joiner:
		return false
	case unicode.In(after, unicode.Mn, unicode.Me, unicode.Mc):
		return false
	case after >= 0x1F3FB && after <= 0x1F3FF: // skin tones
		return false
	case after >= 0xE0020 && after <= 0xE007F: // tags of regional flags
		return false
	case after >= 0x1160 && after <= 0x11FF && before >= 0x1100 && before <= 0x11FF: // jamo
		return false
	case regional(before) && regional(after):
		return evenRegional(s[:i])
	}
	return true
}

func regional(r rune) bool { return r >= 0x1F1E6 && r <= 0x1F1FF }

// evenRegional tells whether s ends with whole flags, which are pairs.
func evenRegional(s string) bool {
	n := 0
	for s != "" {
		r, size := utf8.DecodeLastRuneInString(s)
		if !regional(r) {
			break
		}
		n++
		s = s[:len(s)-size]
	}
	return n%2 == 0
}
