package httpapi

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"threadhub/console"
)

// serveConsole routes the console, and sends there whoever opens the hub's
// address in a browser.
func (s *server) serveConsole(engine *gin.Engine) {
	pages := gin.WrapH(s.Console)
	home := func(c *gin.Context) { c.Redirect(http.StatusFound, console.Path) }
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		engine.Handle(method, console.Path+"*place", pages)
		engine.Handle(method, strings.TrimSuffix(console.Path, "/"), home)
		engine.Handle(method, "/", home)
	}
}
