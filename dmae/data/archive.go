package data

import (
	"fmt"
	"io"
	"iter"
	"path"
	"strings"
)

// archive is the tree of files of an archive. Nothing is unpacked. Links are
// followed inside the archive; names that lead out of it are not read.
type archive struct {
	root   *node
	unused []entry // by full name: leading out, or stored twice
	left   int64   // bytes that may still be allocated
	limit  int64
}

// node is a folder, a file or a link of an archive.
type node struct {
	children map[string]*node // of a folder
	file     content          // of a file
	link     string           // target of a symbolic link, from the root
	kind     kind
}

// Bounds of archives.
const (
	nodeBytes = 512  // memory for a node without the bytes of its name
	maxName   = 4096 // bytes of a name, as on a disk
	maxHops   = 40   // links on the path to one file, as in Linux
	maxSteps  = 4096 // folders on the path to one file
)

func newArchive(limit int64) *archive {
	return &archive{root: newFolder(), left: limit, limit: limit}
}

func newFolder() *node { return &node{children: map[string]*node{}, kind: isFolder} }

// take charges memory before it is allocated.
func (a *archive) take(n int64) error {
	if a.left -= n; a.left < 0 {
		return &tooLargeError{a.limit}
	}
	return nil
}

// inside cleans the name of an archive's entry or the target of a link: from
// the root of the archive, without a leading slash or dots. It is false if
// the name leads out.
func inside(name string) (string, bool) {
	name = path.Clean(strings.TrimLeft(name, "/"))
	if name == ".." || strings.HasPrefix(name, "../") {
		return "", false
	}
	if name == "." {
		name = ""
	}
	return name, true
}

// add inserts a node at its name. Of several files with one name the last one
// is used, as when an archive is unpacked. A folder that exists keeps its
// content.
func (a *archive) add(name string, n *node) error {
	if len(name) > maxName {
		return fmt.Errorf("it has a name of %d bytes, the longest possible has %d", len(name), maxName)
	}
	clean, ok := inside(name)
	if !ok {
		a.unused = append(a.unused, entry{name: name, kind: isOutside})
		return a.take(nodeBytes + int64(len(name)))
	}
	if clean == "" {
		return nil
	}
	dir, base := a.root, clean
	for {
		first, rest, more := strings.Cut(base, "/")
		if !more {
			break
		}
		next := dir.children[first]
		if next == nil {
			if err := a.take(nodeBytes + int64(len(first))); err != nil {
				return err
			}
			next = newFolder()
			dir.children[strings.Clone(first)] = next
		}
		if next.kind != isFolder {
			return fmt.Errorf("it stores %s below something that is not a folder", quote(clean))
		}
		dir, base = next, rest
	}
	old := dir.children[base]
	if old != nil && old.kind == isFolder && n.kind == isFolder {
		return nil
	}
	if old != nil && (old.kind == isFolder || n.kind == isFolder) {
		return fmt.Errorf("it has both a folder and a file called %s", quote(clean))
	}
	if old != nil {
		a.unused = append(a.unused, entry{name: clean, kind: isOlder})
	}
	dir.children[strings.Clone(base)] = n
	return a.take(nodeBytes + int64(len(name)) + int64(len(n.link)))
}

// link makes the node of a symbolic link, whose target is relative to its
// folder.
func (a *archive) link(name, aim string) *node {
	if path.IsAbs(aim) {
		return &node{kind: isOutside}
	}
	dir, ok := inside(path.Dir(strings.TrimLeft(name, "/")))
	// Not cleaned: "link/.." is the folder above the target of the link.
	if !ok || len(aim) > maxName {
		return &node{kind: isOutside}
	}
	return &node{kind: isNowhere, link: dir + "/" + aim}
}

// find follows a path and all links on it. It returns the folders on the path
// and, last, the node. The kind is that of the node, or the reason that there
// is none.
func (a *archive) find(name string) (chain []*node, k kind) {
	chain = []*node{a.root}
	hops, steps := 0, 0
	for rest := name; rest != ""; {
		var first string
		first, rest, _ = strings.Cut(rest, "/")
		if steps++; steps > maxSteps {
			return nil, isNowhere
		}
		switch first {
		case "", ".":
			continue
		case "..":
			if len(chain) == 1 {
				return nil, isOutside
			}
			chain = chain[:len(chain)-1]
			continue
		}
		next := chain[len(chain)-1].children[first]
		if next == nil {
			return nil, isNowhere
		}
		if next.link != "" {
			if hops++; hops > maxHops {
				return nil, isNowhere
			}
			chain = chain[:1]
			rest = next.link + "/" + rest
			continue
		}
		chain = append(chain, next)
	}
	return chain, chain[len(chain)-1].kind
}

func (a *archive) entries(dir string) iter.Seq2[entry, error] {
	return func(yield func(entry, error) bool) {
		chain, k := a.find(dir)
		if k != isFolder {
			yield(entry{}, fmt.Errorf("%s is not a folder of the archive", quote(dir)))
			return
		}
		for name, n := range chain[len(chain)-1].children {
			if !yield(entry{name, a.kind(chain, dir, name, n), n.link != ""}, nil) {
				return
			}
		}
		if dir != "" {
			return
		}
		for _, e := range a.unused {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// kind returns the kind of a node after its links have been followed.
func (a *archive) kind(chain []*node, dir, name string, n *node) kind {
	if k, ok := named(name); ok {
		return k
	}
	if n.link == "" {
		return n.kind
	}
	aim, k := a.find(n.link)
	if k != isFolder {
		return k
	}
	// The link is a loop if its target is a folder on the path to it, as the
	// path is written or after its links have been followed.
	at := aim[len(aim)-1]
	for _, above := range chain {
		if above == at {
			return isLoop
		}
	}
	for d := dir; d != ""; {
		if written, _ := a.find(d); written[len(written)-1] == at {
			return isLoop
		}
		i := strings.LastIndexByte(d, '/')
		d = d[:max(i, 0)]
	}
	return isFolder
}

// file returns the content of a file.
func (a *archive) file(name string) (content, error) {
	chain, k := a.find(name)
	if k != isFile {
		return nil, fmt.Errorf("%s is not a file of the archive", quote(name))
	}
	return chain[len(chain)-1].file, nil
}

func (a *archive) open(name string) (io.ReadSeekCloser, error) {
	c, err := a.file(name)
	if err != nil {
		return nil, err
	}
	return c.open()
}

func (a *archive) size(name string) int64 {
	c, err := a.file(name)
	if err != nil {
		return 0
	}
	return c.size()
}
