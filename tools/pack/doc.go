// Command pack checks what goes into the extension and makes the package that tfx-cli writes fit to be published: the
// same bytes from every folder, run bits on the binaries, complete and small enough. It also
// writes what Windows shows of the program. build.sh calls it.
//
// It must not know how the product works; it knows files, versions and the rules of the Marketplace.
package main
