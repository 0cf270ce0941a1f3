// Package sdk holds the TypeScript clients as they were built from src/ and
// committed to dist/: the web chat for visitors, and the API. The hub serves
// them to pages that build a chat of their own.
package sdk

import "embed"

// Dist is the folder dist, with the clients as ES modules.
//
//go:embed dist/*.js
var Dist embed.FS
