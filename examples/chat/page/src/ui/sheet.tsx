import { type JSX, type MouseEvent, type ReactNode, useEffect, useRef } from 'react'

/**
 * A sheet that slides in from below. It is a modal `dialog`: the browser keeps the focus in it, closes it on Escape, and
 * gives the focus back afterwards.
 */
export function Sheet(props: {
  open: boolean
  label: string
  onClose: () => void
  children: ReactNode
}): JSX.Element {
  const { open, label, onClose, children } = props
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (open) dialog.current?.showModal()
    else dialog.current?.close()
  }, [open])
  // A click on the backdrop is a click on the dialog itself, outside of what it holds.
  const closeOutside = (event: MouseEvent<HTMLDialogElement>): void => {
    if (event.target === event.currentTarget) onClose()
  }
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard has Escape and the close button.
    <dialog ref={dialog} className="sheet" aria-label={label} onClose={onClose} onClick={closeOutside}>
      {open && <div className="sheet__content">{children}</div>}
    </dialog>
  )
}
