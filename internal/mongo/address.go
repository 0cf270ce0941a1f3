package mongo

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// defaultDatabase is used when the address names none.
const defaultDatabase = "threadhub"

// databaseName reads the path of an address. Such an address may list several
// hosts with ports, which net/url does not take.
func databaseName(uri string) (string, error) {
	_, rest, ok := strings.Cut(uri, "://")
	if !ok {
		return "", errors.New("the address has no scheme: want mongodb://host:port/database")
	}
	rest, _, _ = strings.Cut(rest, "?")
	_, path, _ := strings.Cut(rest, "/")
	if path == "" {
		return defaultDatabase, nil
	}
	name, err := url.PathUnescape(path)
	if err != nil {
		return "", fmt.Errorf("name of the database: %w", err)
	}
	return name, nil
}
