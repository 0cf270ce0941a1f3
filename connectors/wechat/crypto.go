package wechat

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"errors"
)

// padTo is the block that WeChat fills up to, twice that of AES.
const padTo = 32

// errEncrypted is all that is said of a body that cannot be decrypted.
var errEncrypted = errors.New("it is not encrypted with this account's EncodingAESKey")

// decrypt opens what an Encrypt element holds: 16 random bytes, the content's
// length, the content and the AppID it is for (platforms/wechat: signature).
func (a *account) decrypt(encrypted string) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(encrypted)
	if err != nil || len(raw) == 0 || len(raw)%aes.BlockSize != 0 {
		return nil, errEncrypted
	}
	for _, key := range a.keys {
		if content, ok := unseal(key, raw, a.appID.Equal); ok {
			return content, nil
		}
	}
	return nil, errEncrypted
}

// unseal decrypts raw with one key. mine tells whose AppID is right.
func unseal(key, raw []byte, mine func(string) bool) ([]byte, bool) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, false
	}
	plain := make([]byte, len(raw))
	cipher.NewCBCDecrypter(block, key[:aes.BlockSize]).CryptBlocks(plain, raw)
	pad := int(plain[len(plain)-1])
	const head = aes.BlockSize + 4
	if pad < 1 || pad > padTo || len(plain) < head+pad {
		return nil, false
	}
	for _, b := range plain[len(plain)-pad:] {
		if int(b) != pad {
			return nil, false
		}
	}
	length := uint64(binary.BigEndian.Uint32(plain[aes.BlockSize:head]))
	rest := plain[head : len(plain)-pad]
	if length > uint64(len(rest)) || !mine(string(rest[length:])) {
		return nil, false
	}
	return rest[:length:length], true
}
