// Package widget is the web chat that sites show: one script, built from src/
// and committed to dist/, and a page on which to try it. Who builds the hub
// needs nothing but Go.
package widget

import (
	_ "embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"regexp"
	"strings"

	"threadhub/internal/webfiles"
	"threadhub/sdk"
)

// Addresses of what is served.
const (
	// ScriptPath is the script that sites put into their pages.
	ScriptPath = "/widget.js"
	// TryPath, with a channel's id behind it, is a page that shows the channel's
	// chat.
	TryPath = "/widget/try/"
	// SDKPath is where the clients for pages with a chat of their own are.
	SDKPath = "/sdk/"

	stylePath = "/widget/try.css"
)

//go:embed dist/widget.js
var script []byte

//go:embed try.css
var tryStyle []byte

//go:embed try.html
var tryPage string

const (
	// fresh lets browsers keep a script for some minutes, and use the old one
	// once more while they ask for the new one.
	fresh = "public, max-age=300, stale-while-revalidate=86400"
	// policy of the page to try the chat is as strict as a site's may be: the
	// chat has to work under it.
	policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; " +
		"connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; " +
		"require-trusted-types-for 'script'; trusted-types 'none'"
)

// plain are ids and locales that may stand in the page.
var plain = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Handler serves the chat's script, the page to try it on, and the clients. It
// is safe for concurrent use.
func Handler() (http.Handler, error) {
	page, err := template.New("try").Parse(tryPage)
	if err != nil {
		return nil, fmt.Errorf("widget: %w", err)
	}
	files := map[string]http.Handler{
		ScriptPath: webfiles.New("widget.js", script, fresh),
		stylePath:  webfiles.New("try.css", tryStyle, "no-cache"),
	}
	clients, err := fs.Glob(sdk.Dist, "dist/*.js")
	if err != nil {
		return nil, fmt.Errorf("widget: %w", err)
	}
	for _, name := range clients {
		content, err := sdk.Dist.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("widget: %w", err)
		}
		name = strings.TrimPrefix(name, "dist/")
		files[SDKPath+name] = webfiles.New(name, content, fresh)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if id, ok := strings.CutPrefix(r.URL.Path, TryPath); ok && plain.MatchString(id) {
			try(page, id, w, r)
			return
		}
		file, ok := files[r.URL.Path]
		if !ok {
			http.Error(w, "there is no such file", http.StatusNotFound)
			return
		}
		// Any site may load it: which of them may show a chat, its channel says.
		w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
		w.Header().Set("Access-Control-Allow-Origin", "*")
		file.ServeHTTP(w, r)
	}), nil
}

// try answers the page on which to try a channel's chat.
func try(page *template.Template, channel string, w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	locale := r.URL.Query().Get("locale")
	if !plain.MatchString(locale) {
		locale = ""
	}
	err := page.Execute(w, map[string]string{"Channel": channel, "Locale": locale, "Script": ScriptPath, "Style": stylePath})
	if err != nil {
		return // the client has gone
	}
}
