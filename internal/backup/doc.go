// Package backup is the form of a backup: one file that holds a store's
// database files and the files of messages, sealed.
//
// It is a tar archive (manifest.json first) encrypted with age
// (https://age-encryption.org/v1), whose file key is sealed with the hub's
// master key: the file is of use to whoever has that key, and to nobody else.
// Encryption also proves that the file is whole: one that was cut off or
// changed does not open to its end.
package backup
