package browsertest_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheDocumentOfTheAPIIsBrowsed(t *testing.T) {
	h := startHub(t)
	p := newProfile(t)
	p.open(h.base + "/docs")
	p.has("h1", "Threadhub API")
	shown := `[...document.querySelectorAll("details[data-words]")].filter((e) => e.checkVisibility()).length`
	all := js[int](p, shown)
	require.Greater(t, all, 300)
	p.look("docs")
	p.fill("#find", "webchat typing")
	p.until("one is left", shown+" === 1")
	p.fill("#find", "nothing has this")
	p.has("#none", "Nothing has these words.")
	p.fill("#find", "postWebchatMessage")
	p.until("one is left", shown+" === 1")
	p.click("summary", "/messages")
	p.click("a", "WebchatDraft")
	p.until("the record is open", `document.getElementById("schema-WebchatDraft").open`)
	p.has("#schema-WebchatDraft .fields", "client_id")
	p.look("docs-record")
	p.sound()
}
