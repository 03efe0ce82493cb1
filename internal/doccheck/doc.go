// Package doccheck finds stale references in the comments and documentation
// pages of a Go module.
//
// [Check] reports three kinds:
//
//   - a doc link in a comment, a name, a method or a name of another package in
//     square brackets, that resolves to no declaration;
//   - a file, folder or test that a comment, a message or a page names and that
//     does not exist;
//   - a relative link or an anchor in a page that leads nowhere.
//
// URLs are not checked: the check needs no network.
package doccheck
