package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"threadhub/console/widget"
)

// serveWidget routes the script of the web chat, the page to try it on, and
// the clients for pages with a chat of their own.
func (s *server) serveWidget(engine *gin.Engine) {
	files := gin.WrapH(s.Widget)
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		engine.Handle(method, widget.ScriptPath, files)
		engine.Handle(method, "/widget/*file", files)
		engine.Handle(method, widget.SDKPath+"*file", files)
	}
}
