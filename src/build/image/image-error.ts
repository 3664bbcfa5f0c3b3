/** An image that cannot be read, or cannot be made as asked. The message is a phrase that names the image or its part. */
export class ImageError extends Error {
  constructor(problem: string, options?: ErrorOptions) {
    super(problem, options);
    this.name = "ImageError";
  }
}
