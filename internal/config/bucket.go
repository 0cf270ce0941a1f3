package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"regexp"
	"strings"

	"threadhub/connectors"
)

// Bucket is where files of messages are kept instead of a directory: a server
// that speaks S3.
type Bucket struct {
	MediaS3Endpoint  string            `name:"media-s3-endpoint" group:"Media" placeholder:"URL" setting:"" help:"Server that speaks S3 for the files of messages, instead of a directory: such as https://s3.eu-central-1.amazonaws.com. It may be in a private network."`
	MediaS3Bucket    string            `name:"media-s3-bucket" group:"Media" placeholder:"NAME" setting:"" help:"Bucket at that server. It has to be there."`
	MediaS3Prefix    string            `name:"media-s3-prefix" group:"Media" placeholder:"PATH" setting:"" help:"What the names of the hub's objects begin with, for a bucket that holds other things too, such as threadhub/media."`
	MediaS3Region    string            `name:"media-s3-region" group:"Media" default:"us-east-1" setting:"" help:"Region of the bucket, which requests are signed for. Servers of your own mostly take the default."`
	MediaS3AccessKey string            `name:"media-s3-access-key" group:"Media" placeholder:"ID" setting:"" help:"Access key for the bucket."`
	MediaS3SecretKey connectors.Secret `name:"media-s3-secret-key" group:"Media" placeholder:"SECRET" setting:"" help:"Its secret key."`
	MediaS3Lookup    string            `name:"media-s3-lookup" group:"Media" default:"auto" enum:"auto,path,host" setting:"" help:"How the bucket is named in addresses: ${enum}. With path it comes after the endpoint, with host before it; auto is host at the clouds that want it and else path."`
}

// FilesInBucket tells whether files are kept in a bucket.
func (b Bucket) FilesInBucket() bool { return b.MediaS3Bucket != "" }

// What S3 allows as the name of a bucket.
var bucketName = regexp.MustCompile(`^[a-z0-9A-Z][a-z0-9A-Z._-]{1,61}[a-z0-9A-Z]$`)

// maxObjectMB is how many MiB a file in a bucket may have: one request's.
const maxObjectMB = 5 << 10

// validate checks that all of it is there or nothing.
func (b Bucket) validate() error {
	var missing []string
	for _, given := range []struct {
		name  string
		empty bool
	}{
		{"media_s3_endpoint", b.MediaS3Endpoint == ""},
		{"media_s3_bucket", b.MediaS3Bucket == ""},
		{"media_s3_access_key", b.MediaS3AccessKey == ""},
		{"media_s3_secret_key", b.MediaS3SecretKey.Empty()},
	} {
		if given.empty {
			missing = append(missing, given.name)
		}
	}
	switch {
	case len(missing) == 4 && b.MediaS3Prefix == "":
		return nil
	case len(missing) > 0:
		return fmt.Errorf("files in a bucket need %s too; for a directory leave out all that begins with media_s3", strings.Join(missing, " and "))
	}
	u, err := url.Parse(b.MediaS3Endpoint)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil:
		return errors.New("media_s3_endpoint is not the address of a server; use for example https://s3.eu-central-1.amazonaws.com, and media_s3_bucket for the bucket")
	case !bucketName.MatchString(b.MediaS3Bucket):
		return fmt.Errorf("media_s3_bucket %q is no name of a bucket: 3 to 63 letters, digits, dots and hyphens", b.MediaS3Bucket)
	case b.MediaS3Prefix != "" && (!fs.ValidPath(b.MediaS3Prefix) || b.MediaS3Prefix == "." || len(b.MediaS3Prefix) > 512):
		return fmt.Errorf("media_s3_prefix %q is not a path; use for example threadhub/media, without a slash at either end", b.MediaS3Prefix)
	case b.MediaS3Region == "":
		return errors.New("media_s3_region is empty; leave it out for us-east-1")
	}
	return nil
}
