package telegram

import (
	"slices"
	"strings"

	"threadhub/normalize"
)

// maxVCard is how many bytes sendContact takes of a business card.
const maxVCard = 2048

// card is a business card. One without a phone number, of which Telegram has
// none, and one that holds more than a vCard may, go as text; ok is false when
// there is nothing in it.
func card(c *normalize.ContactCard, to target) (s step, ok bool) {
	p := to.params()
	phones, emails := filled(c.Phones), filled(c.Emails)
	company := strings.TrimSpace(c.Company)
	lines := filled(slices.Concat([]string{c.Name, company}, phones, emails))
	if len(lines) == 0 {
		return step{}, false
	}
	name, vcard := lines[0], c.VCard
	if len(vcard) > maxVCard {
		vcard = "" // mostly for the picture in it, which stays behind
	}
	if vcard == "" && (len(phones) > 1 || len(emails) > 0 || company != "") {
		vcard = written(name, company, phones, emails)
	}
	if len(phones) == 0 || len(vcard) > maxVCard {
		p.Text = strings.Join(lines, "\n")
		return step{"sendMessage", p}, true
	}
	p.PhoneNumber, p.FirstName, p.VCard = phones[0], name, vcard
	return step{"sendContact", p}, true
}

// written is a vCard (RFC 2426) of what sendContact has no parameters for.
func written(name, company string, phones, emails []string) string {
	var b strings.Builder
	line := func(field, value string) { b.WriteString(field + ":" + value + "\r\n") }
	line("BEGIN", "VCARD")
	line("VERSION", "3.0")
	line("N", ";"+escaped(name)+";;;")
	line("FN", escaped(name))
	if company != "" {
		line("ORG", escaped(company))
	}
	for _, phone := range phones {
		line("TEL", escaped(phone))
	}
	for _, email := range emails {
		line("EMAIL", escaped(email))
	}
	b.WriteString("END:VCARD")
	return b.String()
}

// escaped writes a text so that it stays within its line and its member.
func escaped(text string) string {
	return strings.NewReplacer(`\`, `\\`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`, ";", `\;`, ",", `\,`).
		Replace(strings.ToValidUTF8(text, "\uFFFD"))
}

// filled leaves out what is blank.
func filled(all []string) []string {
	var kept []string
	for _, s := range all {
		if s = strings.TrimSpace(s); s != "" {
			kept = append(kept, s)
		}
	}
	return kept
}
